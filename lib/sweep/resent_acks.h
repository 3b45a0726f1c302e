// Which acks were retransmitted: noted by the end that sends them, and reported to the end that
// measures after the last ping.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/protocol/messages.h"
#include "lib/sweep/frame_stream.h"

namespace tcpstep {

// A reading of the clock that advances with the kernel's ticks, and so with its timers.
struct TickClock {
  [[nodiscard]] static std::int64_t now() noexcept {
    timespec time{};
#ifdef CLOCK_MONOTONIC_COARSE
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
#else
    ::clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
};

// Finds out which acks of one connection the kernel has retransmitted, without a system call per
// ping where pings are short. An ack is alone on its way, so that only a timer retransmits it, and
// timers go by ticks: without a tick since the last look there is nothing to see.
template <class Peer, class Clock = TickClock>
class ResentAckWatch {
 public:
  ResentAckWatch(const Peer& peer, bool is_on) : peer_(peer), is_on_(is_on) {
    if (is_on_) {
      resent_.reserve(kExpected);
      tick_ = Clock::now();
      seen_ = peer_.retransmits();
    }
  }

  // To be called just after each ack was sent. What was retransmitted since the last call is the
  // previous ack: the payload that arrived for this one ended its wait.
  void note_ack() {
    if (is_on_) {
      if (const std::int64_t tick = Clock::now(); tick != tick_) {
        tick_ = tick;
        look();
      }
      ++acked_;
    }
  }

  // To be called once the last ack has arrived.
  void finish() {
    if (is_on_) {
      look();
    }
  }

  [[nodiscard]] std::vector<ResentAck> take() { return std::move(resent_); }

 private:
  static constexpr std::size_t kExpected = 1024;  // this many need no memory while pings are timed

  void look() {
    const std::optional<std::uint32_t> now = peer_.retransmits();
    if (now && seen_ && *now != *seen_ && acked_ > 0) {
      resent_.push_back({.ping = acked_, .times = std::min(*now - *seen_, kMostResends)});
    }
    seen_ = now;
  }

  const Peer& peer_;
  bool is_on_;
  std::int64_t tick_ = 0;
  std::uint64_t acked_ = 0;
  std::optional<std::uint32_t> seen_;
  std::vector<ResentAck> resent_;
};

// The message after the last of `pings`, within `limit`. If it is Finished, reports which of their
// acks were `resent`, and receives the next one.
[[nodiscard]] FrameStream::Received receive_after_pings(FrameStream& frames, std::uint64_t pings,
                                                        const std::vector<ResentAck>& resent,
                                                        Duration limit);

// Sends Finished, calls `once_asked`, and receives the other end's report on its `pings` acks, all
// of it within `limit`. Protocol if the report is not on these pings.
struct ResentAcksReport {
  PingStatus status;
  std::vector<ResentAck> resent;  // by ascending ping, if the status is Ok
};
[[nodiscard]] ResentAcksReport ask_for_resent_acks(
    FrameStream& frames, std::uint64_t pings, Duration limit,
    const std::function<void()>& once_asked = [] {});

}  // namespace tcpstep
