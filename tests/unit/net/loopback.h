// Both ends of a real connection over loopback; the kernel chooses the port.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "lib/net/listener.h"

namespace tcpstep {

class LoopbackTest : public testing::Test {
 protected:
  LoopbackTest() : listener("127.0.0.1", 0, IpVersion::V4) {
    const std::chrono::seconds patience(5);
    client.emplace(TcpConnection::connect(listener.local_address(), patience));
    server.emplace(*listener.accept_now().client);
    server->set_io_timeout(patience);
    client->set_io_timeout(patience);
  }

  Listener listener;
  std::optional<TcpConnection> client;
  std::optional<TcpConnection> server;
};

}  // namespace tcpstep
