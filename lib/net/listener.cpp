#include "lib/net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

constexpr int kBacklog = 1024;  // clients not yet accepted; SYNs beyond it are retried

void set_flag(const Fd& fd, int level, int option, int value, const char* name) {
  check_syscall(::setsockopt(fd.get(), level, option, &value, sizeof value), "set {}", name);
}

Fd listen_on(const Address& address) {
  const std::string attempted = "listen on " + address.text();
  Fd fd(check_syscall(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                      "{}: socket", attempted));
  set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");  // restart right after a run
  if (address.family() == AF_INET6) {
    set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  }
  check_syscall(::bind(fd.get(), address.raw(), address.length()), "{}", attempted);
  check_syscall(::listen(fd.get(), kBacklog), "{}", attempted);
  return fd;
}

bool lacks_ipv6(const std::system_error& error) {
  return error.code().value() == EAFNOSUPPORT || error.code().value() == EADDRNOTAVAIL;
}

Address address_of(const Fd& fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  check_syscall(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &length),
                "getsockname");
  return {reinterpret_cast<const sockaddr*>(&local), length};
}

std::vector<Fd> listen_everywhere(std::uint16_t port, IpVersion version) {
  std::vector<Fd> fds;
  if (version != IpVersion::V4) {
    try {
      fds.push_back(listen_on(resolve("::", port, IpVersion::V6).front()));
      port = address_of(fds.front()).port();  // the same for IPv4, if any port would do
    } catch (const std::system_error& error) {
      if (version == IpVersion::V6 || !lacks_ipv6(error)) {
        throw;
      }
    }
  }
  if (version != IpVersion::V6) {
    fds.push_back(listen_on(resolve("0.0.0.0", port, IpVersion::V4).front()));
  }
  return fds;
}

std::vector<Fd> listen_on_one(const Address& address) {
  std::vector<Fd> fds;
  fds.push_back(listen_on(address));
  return fds;
}

// Errors of a client that has already gone, or temporary ones: the next client may be fine.
bool concerns_one_client_only(int error_number) {
  switch (error_number) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
    case ETIMEDOUT:
    case EPERM:  // a firewall
      return true;
    default:
      return false;
  }
}

// Out of descriptors or memory, in this process or the system: a temporary condition.
bool is_out_of_something(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

}  // namespace

Listener::Listener(const std::string& bind_address, std::uint16_t port, IpVersion version)
    : fds_(bind_address.empty() ? listen_everywhere(port, version)
                                : listen_on_one(resolve(bind_address, port, version).front())) {}

CongestionResult Listener::set_congestion_control(const std::string& name) {
  CongestionResult result = CongestionResult::Set;
  for (const Fd& fd : fds_) {
    if (const auto one = tcpstep::set_congestion_control(fd, name); one != CongestionResult::Set) {
      result = one;
    }
  }
  return result;
}

Listener::Accepted Listener::accept_now() {
  for (const Fd& listening : fds_) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int fd =
        ::accept4(listening.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC);
    if (fd >= 0) {
      return {.client =
                  TcpConnection(Fd(fd), Address(reinterpret_cast<const sockaddr*>(&peer), length))};
    }
    if (is_out_of_something(errno)) {
      return {.client = std::nullopt, .is_exhausted = true};
    }
    if (!concerns_one_client_only(errno)) {
      throw_system_error(errno, "accept a client");
    }
  }
  return {};
}

Address Listener::local_address() const {
  return address_of(fds_.front());
}

}  // namespace tcpstep
