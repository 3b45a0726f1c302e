#include "lib/net/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <span>
#include <system_error>

#include "lib/base/error.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

// A message that may carry one descriptor.
struct Envelope {
  explicit Envelope(std::span<char> text) : place{.iov_base = text.data(), .iov_len = text.size()} {
    header.msg_iov = &place;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;

  iovec place;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

Fd descriptor_in(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
      return Fd(fd);
    }
  }
  return {};
}

}  // namespace

std::pair<Channel, Channel> Channel::make_pair() {
  std::array<int, 2> ends{};
  check_syscall(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {Channel(Fd(ends[0])), Channel(Fd(ends[1]))};
}

bool Channel::send(std::string_view message) noexcept {
  return ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool Channel::send(const TcpConnection& connection) noexcept {
  char one = 'c';
  Envelope envelope(std::span(&one, 1));
  cmsghdr* part = CMSG_FIRSTHDR(&envelope.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = connection.fd().get();
  std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  return ::sendmsg(fd_.get(), &envelope.header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

Channel::Received Channel::receive(Duration limit) {
  pollfd awaited{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (wait_for({&awaited, 1}, limit) <= 0) {
    return {};
  }
  std::string text(kLargestMessage, '\0');
  Envelope envelope(text);
  const ssize_t bytes = ::recvmsg(fd_.get(), &envelope.header, MSG_CMSG_CLOEXEC);
  Received received;
  if (bytes <= 0) {
    received.is_open = false;
    return received;
  }
  if (Fd fd = descriptor_in(envelope.header); fd.get() >= 0) {
    try {
      received.connection = TcpConnection::adopt(std::move(fd));
    } catch (const std::system_error&) {
      received.was_reset = true;
    }
  } else {
    text.resize(static_cast<std::size_t>(bytes));
    received.message = std::move(text);
  }
  return received;
}

}  // namespace tcpstep
