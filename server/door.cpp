#include "server/door.h"

#include <utility>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kPauseWithoutDescriptors = 100ms;

}  // namespace

Door::Door(Listener listener, Poller& poller, std::uint64_t key, Log& log)
    : listener_(std::move(listener)), poller_(poller), key_(key), log_(log) {
  open();
}

std::optional<TcpConnection> Door::accept() {
  if (reopens_) {
    return std::nullopt;
  }
  Listener::Accepted accepted = listener_.accept_now();
  if (accepted.is_exhausted) {
    close();
  }
  return std::move(accepted.client);
}

void Door::close() {
  const auto now = Clock::now();
  if (!logged_ || now - *logged_ > 1min) {
    logged_ = now;
    log_.fault("exhausted", "out of file descriptors; new clients wait");
  }
  for (const Fd& fd : listener_.fds()) {
    poller_.remove(fd);
  }
  reopens_ = now + kPauseWithoutDescriptors;
}

void Door::reopen_if_due() {
  if (reopens_ && *reopens_ <= Clock::now()) {
    open();
  }
}

void Door::open() {
  reopens_.reset();
  for (const Fd& fd : listener_.fds()) {
    poller_.add(fd, key_);
  }
}

}  // namespace tcpstep
