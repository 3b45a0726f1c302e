#include "lib/net/host_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "lib/base/error.h"

namespace tcpstep {

std::optional<HostLock> HostLock::try_take(const std::string& name) {
  Fd socket(check_syscall(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "make a socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  name.copy(address.sun_path + 1, length);  // the first byte stays 0: abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    if (errno == EADDRINUSE) {
      return std::nullopt;
    }
    throw_system_error(errno, "lock this host");
  }
  return HostLock(std::move(socket));
}

}  // namespace tcpstep
