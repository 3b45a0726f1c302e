// Making connections: one of several addresses, in parallel if need be.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/sockets.h"
#include "lib/net/tcp_connection.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kAttemptDelay = 250ms;  // "Connection Attempt Delay", RFC 8305, section 5

struct Attempt {
  Fd fd;
  Address peer;
};

std::string attempted(const Address& peer) {
  return "connect to " + peer.text();
}

// Begins to connect without waiting. Throws what fails at once.
Attempt begin_to_connect(const Address& peer, const std::string& congestion_control) {
  Fd fd(check_syscall(open_tcp_socket(peer.family()), "{}: socket", attempted(peer)));
  if (!congestion_control.empty()) {
    static_cast<void>(set_congestion_control(fd, congestion_control));
  }
  if (::connect(fd.get(), peer.raw(), peer.length()) < 0 && errno != EINPROGRESS) {
    throw_system_error(errno, attempted(peer));
  }
  return {.fd = std::move(fd), .peer = peer};
}

// Addresses of one family in turn with those of the other (RFC 8305, section 4).
std::vector<Address> interleaved(std::span<const Address> addresses) {
  std::vector<Address> result;
  std::vector<Address> rest(addresses.begin(), addresses.end());
  while (!rest.empty()) {
    const auto other = std::ranges::find_if(rest, [&](const Address& address) {
      return !result.empty() && address.family() != result.back().family();
    });
    const auto next = other == rest.end() ? rest.begin() : other;
    result.push_back(*next);
    rest.erase(next);
  }
  return result;
}

int error_of(const Fd& fd) {
  int error_number = 0;
  socklen_t length = sizeof error_number;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error_number, &length) == 0 ? error_number
                                                                                   : errno;
}

// Waits until attempts have succeeded or failed; false after `limit`.
bool wait_for_any(std::vector<Attempt>& attempts, std::vector<pollfd>& awaited, Duration limit) {
  awaited.clear();
  for (const Attempt& attempt : attempts) {
    awaited.push_back({.fd = attempt.fd.get(), .events = POLLOUT, .revents = 0});
  }
  const int ready = wait_for(awaited, std::max(limit, Duration::zero()));
  return check_syscall(ready, "{}", attempted(attempts.back().peer)) > 0;
}

}  // namespace

TcpConnection TcpConnection::connect(std::span<const Address> addresses, Duration timeout,
                                     const std::string& congestion_control,
                                     const std::function<void(const std::string& message)>& show) {
  const std::vector<Address> order = interleaved(addresses);
  const auto deadline = Clock::now() + timeout;
  auto next_at = Clock::now();
  std::size_t next = 0;
  std::vector<Attempt> attempts;
  std::vector<pollfd> awaited;
  std::optional<std::system_error> failure;
  bool is_shown = false;
  const auto say = [&](const std::string& message) {
    is_shown = true;
    if (show) {
      show(message);
    }
  };
  for (;;) {
    const auto now = Clock::now();
    if (now >= deadline && !attempts.empty()) {
      throw_system_error(ETIMEDOUT, attempted(attempts.back().peer));
    }
    if (next < order.size() && (attempts.empty() || now >= next_at)) {
      if (next > 0) {
        say(fmt::format("{}, trying {}",
                        failure ? failure->what() : "no response from " + order[next - 1].text(),
                        order[next].text()));
      }
      failure.reset();
      next_at = now + kAttemptDelay;
      try {
        attempts.push_back(begin_to_connect(order[next++], congestion_control));
      } catch (const std::system_error& error) {
        failure = error;
      }
      continue;
    }
    if (attempts.empty()) {
      throw *failure;
    }
    const bool has_next = next < order.size();
    const auto until = has_next || !is_shown ? std::min(deadline, next_at) : deadline;
    if (!wait_for_any(attempts, awaited, until - now)) {
      if (!has_next && !is_shown && Clock::now() < deadline) {
        say(fmt::format("no response from {} yet", attempts.back().peer.text()));
      }
      continue;
    }
    for (std::size_t i = awaited.size(); i-- > 0;) {
      if (awaited[i].revents == 0) {
        continue;
      }
      Attempt attempt = std::move(attempts[i]);
      attempts.erase(attempts.begin() + static_cast<std::ptrdiff_t>(i));
      const int error_number = error_of(attempt.fd);
      if (error_number == 0) {
        check_syscall(make_blocking(attempt.fd.get()), "{}", attempted(attempt.peer));
        return {std::move(attempt.fd), attempt.peer};
      }
      failure.emplace(error_number, std::system_category(), attempted(attempt.peer));
      next_at = now;  // the next address need not wait
    }
  }
}

}  // namespace tcpstep
