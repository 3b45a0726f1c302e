// The system's socket calls. On Windows those of Winsock, with the arguments, results and errno of
// POSIX, as far as a client that sends acks needs them.
#pragma once

#ifndef _WIN32

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>  // never together with <netinet/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#else

#include <winsock2.h>
#include <ws2tcpip.h>

#include <cerrno>
#include <cstddef>
#include <ctime>

using sa_family_t = unsigned short;
using timer_t = int;  // not used: see Patience
inline constexpr int MSG_NOSIGNAL = 0;
inline constexpr int MSG_DONTWAIT = 0x40000000;
inline constexpr int SHUT_WR = SD_SEND;

// errno is one of these, EAGAIN, EINTR, or another of Winsock's numbers, for which
// std::system_category() has the text.
#undef ECONNRESET
#undef EINPROGRESS
#undef ETIMEDOUT
inline constexpr int ECONNRESET = WSAECONNRESET;
inline constexpr int EINPROGRESS = WSAEINPROGRESS;
inline constexpr int ETIMEDOUT = WSAETIMEDOUT;

ssize_t send(int fd, const void* bytes, std::size_t count, int flags) noexcept;
// Where POSIX has a signal interrupt it, it ends by itself every 100 ms: with EINTR, too.
ssize_t recv(int fd, void* bytes, std::size_t count, int flags) noexcept;
int connect(int fd, const sockaddr* address, socklen_t length) noexcept;
int shutdown(int fd, int how) noexcept;
int getsockopt(int fd, int level, int option, void* value, socklen_t* length) noexcept;
int setsockopt(int fd, int level, int option, const void* value, socklen_t length) noexcept;
int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept;
int getpeername(int fd, sockaddr* address, socklen_t* length) noexcept;
int ppoll(pollfd* awaited, std::size_t count, const timespec* limit, const void* mask) noexcept;

#endif

namespace tcpstep {

// A new TCP socket that does not wait for anything, and that child processes do not inherit; -1 and
// errno on failure.
[[nodiscard]] int open_tcp_socket(int family) noexcept;
// From now on it waits; -1 and errno on failure.
[[nodiscard]] int make_blocking(int fd) noexcept;

}  // namespace tcpstep
