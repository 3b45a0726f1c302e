// A TCP socket that listens for clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/net/address.h"
#include "lib/net/tcp_connection.h"

namespace tcpstep {

class Listener {
 public:
  // Listens on `bind_address`, or on every address if it is empty. For IpVersion::Any
  // these are two sockets: one dual-stack socket would make each IPv4 ping slower. Without IPv6 in
  // the kernel it listens on IPv4 only.
  // Throws std::system_error ("listen on [::]:19901: Address already in use").
  Listener(const std::string& bind_address, std::uint16_t port, IpVersion version);

  // For connections accepted from now on, from their first segment. A connection that has
  // used BBR keeps pacing its segments, whatever it is switched to later (the kernel never resets
  // sk_pacing_status).
  CongestionResult set_congestion_control(const std::string& name);

  // The next client, if there is one. Never blocks; an error of a single client counts as no
  // client. Throws std::system_error if listening is no longer possible.
  struct Accepted {
    std::optional<TcpConnection> client;
    bool is_exhausted = false;  // out of descriptors or memory: there may be some again soon
  };
  [[nodiscard]] Accepted accept_now();

  // To be polled for clients.
  [[nodiscard]] const std::vector<Fd>& fds() const { return fds_; }

  // Of the first socket, if there are two: they differ in the IP version only.
  [[nodiscard]] Address local_address() const;

 private:
  std::vector<Fd> fds_;
};

}  // namespace tcpstep
