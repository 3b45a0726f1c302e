// What of TcpConnection only Linux has.
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "lib/base/stop_request.h"
#include "lib/net/sockets.h"
#include "lib/net/tcp_connection.h"

namespace tcpstep {

int open_tcp_socket(int family) noexcept {
  return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int make_blocking(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags < 0 ? flags : ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

CongestionResult set_congestion_control(const Fd& fd, const std::string& name) noexcept {
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(),
                   static_cast<socklen_t>(name.size())) == 0) {
    return CongestionResult::Set;
  }
  return errno == EPERM ? CongestionResult::NotPermitted : CongestionResult::NotOffered;
}

std::chrono::microseconds TcpConnection::set_busy_poll(std::chrono::microseconds wanted) {
  if (const int value = static_cast<int>(wanted.count()); value > 0) {
    static_cast<void>(::setsockopt(fd_.get(), SOL_SOCKET, SO_BUSY_POLL, &value, sizeof value));
  }
  return std::chrono::microseconds(std::max(read_option(fd_, SOL_SOCKET, SO_BUSY_POLL), 0));
}

ssize_t TcpConnection::receive_stamped(std::span<std::byte> buffer, int flags) noexcept {
  iovec place{.iov_base = buffer.data(), .iov_len = buffer.size()};
  alignas(cmsghdr) std::array<char, 128> control;
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t bytes = ::recvmsg(fd_.get(), &message, flags);
  if (bytes > 0) {
    timestamps_.note_received(message);
  }
  return bytes;
}

bool TcpConnection::wait_until_acknowledged(Duration patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    int unacknowledged = 0;
    if (::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0) {
      return true;
    }
    if (std::chrono::steady_clock::now() >= deadline || requested_stop() != 0) {
      return false;
    }
    ::usleep(1000);
  }
}

}  // namespace tcpstep
