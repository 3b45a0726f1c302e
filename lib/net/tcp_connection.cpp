#include "lib/net/tcp_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

PingStatus status_of(int error_number) {
  switch (error_number) {
    case EAGAIN:
    case ETIMEDOUT:  // the kernel gave up retransmitting
      return PingStatus::Timeout;
    case ECONNRESET:
    case EPIPE:
      return PingStatus::Reset;
    case EINTR:
      return PingStatus::Interrupted;
    default:
      return PingStatus::Failed;
  }
}

constexpr std::uint32_t kSpinsBetweenLooks = 4096;  // about a millisecond

}  // namespace

int read_option(const Fd& fd, int level, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return ::getsockopt(fd.get(), level, option, &value, &length) == 0 ? value : -1;
}

TcpConnection::TcpConnection(Fd fd, const Address& peer) : fd_(std::move(fd)), peer_(peer) {
  const int on = 1;
  check_syscall(::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
                "set TCP_NODELAY for {}", peer_.text());
}

TcpConnection TcpConnection::adopt(Fd fd) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  check_syscall(::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&peer), &length),
                "getpeername");
  return {std::move(fd), Address(reinterpret_cast<const sockaddr*>(&peer), length)};
}

// The kernel took `sent` bytes of the payload, or none (-1): interrupted on the way.
PingStatus TcpConnection::send_rest(std::span<const std::byte> payload, ssize_t sent) noexcept {
  for (;;) {
    if (sent < 0 && errno != EINTR) {
      return status_of(errno);
    }
    if (sent > 0) {
      timestamps_.note_sent(static_cast<std::size_t>(sent));
      payload = payload.subspan(static_cast<std::size_t>(sent));
    }
    if (payload.empty()) {
      return PingStatus::Ok;
    }
    if (!may_wait_on()) {
      return status_of(errno);
    }
    sent = ::send(fd_.get(), payload.data(), payload.size(), MSG_NOSIGNAL);
  }
}

// After an interruption. Otherwise errno is EINTR for a request to stop, EAGAIN for the limit. A
// call ends with EINTR at each tick of patience_, and when a debugger interrupts it.
bool TcpConnection::may_wait_on() noexcept {
  if (requested_stop() != 0) {
    errno = EINTR;
    return false;
  }
  if (patience_.is_over()) {
    errno = EAGAIN;
    return false;
  }
  return true;
}

// Anything but the expected single byte: none, more than one, or a failure (-1).
PingStatus TcpConnection::judge_bad_ack(ssize_t bytes) noexcept {
  return bytes > 0 ? PingStatus::Protocol : judge_nothing(bytes);
}

// No data: the peer closed, or a failure (-1).
PingStatus TcpConnection::judge_nothing(ssize_t bytes) noexcept {
  return bytes < 0 ? status_of(errno) : PingStatus::Closed;
}

// The first receive was interrupted, or found nothing.
ssize_t TcpConnection::receive_again(std::span<std::byte> buffer, int flags) noexcept {
  const int expected = wait_ == Wait::Block ? EINTR : EAGAIN;
  const std::uint32_t looks = wait_ == Wait::Block ? 1 : kSpinsBetweenLooks;
  for (std::uint32_t attempts = 1;; ++attempts) {
    if (errno != expected || (attempts % looks == 0 && !may_wait_on())) {
      return -1;
    }
    if (const ssize_t bytes = receive_once(buffer, flags); bytes >= 0) {
      return bytes;
    }
  }
}

PingStatus TcpConnection::stay_idle(Duration pause) noexcept {
  if (requested_stop() != 0) {  // a peer that always acks at once leaves no wait to interrupt
    return PingStatus::Interrupted;
  }
  if (pause > Duration::zero()) {
    // The end of the stream is checked below; a late timestamp must not end the pause (POLLERR).
    pollfd end{.fd = timestamps_.is_enabled() ? -1 : fd_.get(), .events = POLLIN, .revents = 0};
    if (wait_for({&end, 1}, pause) < 0) {
      return status_of(errno);
    }
  }
  patience_.renew();
  std::byte unsolicited{};
  const ssize_t bytes = ::recv(fd_.get(), &unsolicited, 1, MSG_PEEK | MSG_DONTWAIT);
  if (bytes > 0) {
    return PingStatus::Protocol;
  }
  if (bytes == 0) {
    return PingStatus::Closed;
  }
  return errno == EAGAIN ? PingStatus::Ok : status_of(errno);
}

std::optional<TcpConnection::Received> TcpConnection::receive_now(
    std::span<std::byte> buffer) noexcept {
  const ssize_t bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
    return std::nullopt;
  }
  if (bytes < 0) {
    return Received{.status = status_of(errno), .bytes = 0};
  }
  return Received{.status = bytes == 0 ? PingStatus::Closed : PingStatus::Ok,
                  .bytes = static_cast<std::size_t>(bytes)};
}

bool TcpConnection::send_now(std::string_view bytes) noexcept {
  return send_some_now(bytes) == bytes.size();
}

std::optional<std::size_t> TcpConnection::send_some_now(std::string_view bytes) noexcept {
  const void* first = bytes.data();
  const ssize_t sent = ::send(fd_.get(), first, bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) {
    timestamps_.note_sent(static_cast<std::size_t>(sent));
  }
  return sent >= 0         ? std::optional(static_cast<std::size_t>(sent))
         : errno == EAGAIN ? std::optional(std::size_t{0})
                           : std::nullopt;
}

void TcpConnection::end_sending() noexcept {
  ::shutdown(fd_.get(), SHUT_WR);
}

PingStatus TcpConnection::finish(Duration patience) noexcept {
  ::shutdown(fd_.get(), SHUT_WR);
  pollfd end{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (wait_for({&end, 1}, patience) <= 0) {
    return PingStatus::Ok;  // the peer's end is a courtesy; the run does not depend on it
  }
  std::byte unsolicited{};
  return ::recv(fd_.get(), &unsolicited, 1, MSG_DONTWAIT) > 0 ? PingStatus::Protocol
                                                              : PingStatus::Ok;
}

Address TcpConnection::local_address() const {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  check_syscall(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&local), &length),
                "getsockname");
  return {reinterpret_cast<const sockaddr*>(&local), length};
}

}  // namespace tcpstep
