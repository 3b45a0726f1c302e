// A TCP socket that waits for clients.
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
  // these are two sockets: an IPv6 one that took IPv4 as well would make each IPv4 ping slower.
  // Where the kernel has no IPv6, it is IPv4 alone.
  // Throws std::system_error ("listen on [::]:19901: Address already in use").
  Listener(const std::string& bind_address, std::uint16_t port, IpVersion version);

  // For connections accepted from now on, from their first segment. A connection that has once been
  // BBR's goes on pacing its segments, whatever it is switched to later (sk_pacing_status in the
  // kernel is never reset). False if the kernel does not offer it.
  bool set_congestion_control(const std::string& name);

  // The next client, if one waits. Never blocks; errors that concern one client only count as
  // none. Throws std::system_error if it cannot go on at all.
  struct Accepted {
    std::optional<TcpConnection> client;
    bool is_exhausted = false;  // out of descriptors or memory: there may be some again soon
  };
  [[nodiscard]] Accepted accept_now();

  // To be polled for clients.
  [[nodiscard]] const std::vector<Fd>& fds() const { return fds_; }

  // The first one, if there are two: they differ in the IP version only.
  [[nodiscard]] Address local_address() const;

 private:
  std::vector<Fd> fds_;
};

}  // namespace tcpstep
