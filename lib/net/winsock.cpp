// Winsock behind sockets.h, and what of lib/net has another form on Windows, or none.
#include <array>
#include <limits>
#include <utility>

#include "lib/base/fd.h"
#include "lib/net/patience.h"
#include "lib/net/sockets.h"
#include "lib/net/tcp_connection.h"

namespace {

constexpr DWORD kTickMilliseconds = 100;

SOCKET handle_of(int fd) {
  return static_cast<SOCKET>(fd);  // handles have 32 significant bits, also on 64-bit Windows
}

// `result` of a call of Winsock, or -1 and errno.
template <class Result>
Result posix(Result result) {
  if (result == SOCKET_ERROR) {
    const int error = ::WSAGetLastError();
    errno = error == WSAEWOULDBLOCK ? EAGAIN : error == WSAEINTR ? EINTR : error;
    return -1;
  }
  return result;
}

int length_of(std::size_t count) {
  return static_cast<int>(std::min<std::size_t>(count, std::numeric_limits<int>::max()));
}

void set_blocking(int fd, bool is_blocking) {
  u_long is_not = is_blocking ? 0 : 1;
  ::ioctlsocket(handle_of(fd), static_cast<long>(FIONBIO), &is_not);
}

}  // namespace

ssize_t send(int fd, const void* bytes, std::size_t count, int /*flags*/) noexcept {
  return posix(::send(handle_of(fd), static_cast<const char*>(bytes), length_of(count), 0));
}

ssize_t recv(int fd, void* bytes, std::size_t count, int flags) noexcept {
  const bool waits = (flags & MSG_DONTWAIT) == 0;
  if (!waits) {
    set_blocking(fd, false);
  }
  const int received = posix(
      ::recv(handle_of(fd), static_cast<char*>(bytes), length_of(count), flags & ~MSG_DONTWAIT));
  const int error = errno;
  if (!waits) {
    set_blocking(fd, true);
  }
  errno = received < 0 && error == WSAETIMEDOUT ? EINTR : error;
  return received;
}

int connect(int fd, const sockaddr* address, socklen_t length) noexcept {
  const int result = posix(::connect(handle_of(fd), address, length));
  if (result < 0 && errno == EAGAIN) {
    errno = EINPROGRESS;
  }
  return result;
}

int shutdown(int fd, int how) noexcept {
  return posix(::shutdown(handle_of(fd), how));
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* length) noexcept {
  return posix(::getsockopt(handle_of(fd), level, option, static_cast<char*>(value), length));
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t length) noexcept {
  return posix(::setsockopt(handle_of(fd), level, option, static_cast<const char*>(value), length));
}

int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
  return posix(::getsockname(handle_of(fd), address, length));
}

int getpeername(int fd, sockaddr* address, socklen_t* length) noexcept {
  return posix(::getpeername(handle_of(fd), address, length));
}

int ppoll(pollfd* awaited, std::size_t count, const timespec* limit,
          const void* /*mask*/) noexcept {
  const auto milliseconds = limit->tv_sec * 1000 + (limit->tv_nsec + 999'999) / 1'000'000;
  return posix(::WSAPoll(awaited, static_cast<ULONG>(count),
                         length_of(static_cast<std::size_t>(milliseconds))));
}

namespace tcpstep {

int open_tcp_socket(int family) noexcept {
  static const int is_started = [] {
    WSADATA about;
    return ::WSAStartup(MAKEWORD(2, 2), &about);
  }();
  const SOCKET opened = is_started == 0 ? ::socket(family, SOCK_STREAM, 0) : INVALID_SOCKET;
  if (opened == INVALID_SOCKET) {
    return static_cast<int>(posix(SOCKET_ERROR));
  }
  ::SetHandleInformation(reinterpret_cast<HANDLE>(opened), HANDLE_FLAG_INHERIT, 0);
  set_blocking(static_cast<int>(opened), false);
  return static_cast<int>(opened);
}

int make_blocking(int fd) noexcept {
  set_blocking(fd, true);
  for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(fd, SOL_SOCKET, direction, &kTickMilliseconds, sizeof kTickMilliseconds) < 0) {
      return -1;
    }
  }
  return 0;
}

void Fd::close(int fd) noexcept {
  ::closesocket(handle_of(fd));
}

// --- Patience: receives end by themselves.

Patience::Patience(Patience&& other) noexcept : limit_(other.limit_), deadline_(other.deadline_) {}

Patience& Patience::operator=(Patience&& other) noexcept {
  std::swap(limit_, other.limit_);
  std::swap(deadline_, other.deadline_);
  return *this;
}

void Patience::set_limit(Duration limit) {
  limit_ = limit;
  deadline_.reset();
}

void Patience::count_tick(int /*signal*/) {
  ticks_ = ticks_ == std::numeric_limits<std::sig_atomic_t>::max() ? 0 : ticks_ + 1;
}

bool Patience::is_over() noexcept {
  count_tick(0);
  return is_past_deadline();
}

void Patience::stop_ticks() noexcept {}

// --- What Windows does not tell.

CongestionResult set_congestion_control(const Fd& /*fd*/, const std::string& /*name*/) noexcept {
  return CongestionResult::NotOffered;
}

TimestampSource KernelTimestamps::enable(const Fd& /*fd*/, TimestampSource /*wanted*/,
                                         TcpAckStamps /*tcp_acks*/) {
  return TimestampSource::Off;
}

ssize_t TcpConnection::receive_stamped(std::span<std::byte> buffer, int flags) noexcept {
  return ::recv(fd_.get(), buffer.data(), buffer.size(), flags);
}

std::optional<std::uint32_t> TcpConnection::retransmits() const noexcept {
  return std::nullopt;
}

PathInfo TcpConnection::path_info() const {
  return {};
}

}  // namespace tcpstep
