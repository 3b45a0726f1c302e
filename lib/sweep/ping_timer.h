// The measuring loop: everything else in this toolkit prepares or explains it.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {

// What a ping needs from the other end. None of it throws: errors are a status.
template <class T>
concept PingPeer = requires(T& peer, std::span<const std::byte> payload, Duration pause,
                            Sample& sample, Duration sent_at) {
  { peer.stay_idle(pause) }
  noexcept->std::same_as<PingStatus>;
  { peer.send_all(payload) }
  noexcept->std::same_as<PingStatus>;
  { peer.receive_ack() }
  noexcept->std::same_as<PingStatus>;
  { peer.explain(sample, sent_at) }
  noexcept;
};

// Times the pings of one connection.
template <PingPeer Peer, class Clock = MonotonicClock>
class PingTimer {
 public:
  // `peer` and `payloads` must outlive the timer; sample times count from now. Before each ping it
  // stays idle for `interval`.
  PingTimer(Peer& peer, PayloadSource& payloads, Duration interval = Duration::zero())
      : peer_(peer), payloads_(payloads), interval_(interval), started_(Clock::now()) {}

  // Appends one sample per size of the round, in the order sent. Ends after the first ping whose
  // status is not Ok, with that status. Allocates nothing if `samples` has room for them.
  PingStatus measure(const Round& round, std::vector<Sample>& samples) {
    for (const PayloadSize size : round.sizes) {
      Sample& sample = samples.emplace_back();
      sample.round = round.number;
      time_one_ping(size, sample);
      if (sample.status != PingStatus::Ok) {
        return sample.status;
      }
    }
    return PingStatus::Ok;
  }

  [[nodiscard]] Duration elapsed() const { return Clock::now() - started_; }

 private:
  static_assert(Clock::is_steady, "a wall clock may jump in the middle of a ping");

  struct TimedPing {
    typename Clock::time_point sent_at;
    typename Clock::time_point acked_at;
    PingStatus status;
  };

  void time_one_ping(PayloadSize size, Sample& sample) {
    const std::span<const std::byte> payload = payloads_.next(size);
    const PingStatus readiness = peer_.stay_idle(interval_);
    const TimedPing ping = readiness == PingStatus::Ok ? time_ping(payload) : not_sent(readiness);
    sample.size = size;
    sample.start = ping.sent_at - started_;
    sample.rtt = ping.acked_at - ping.sent_at;
    sample.status = ping.status;
    peer_.explain(sample, ping.sent_at.time_since_epoch());
  }

  // The ping itself between two readings of the clock, and nothing else. Not inlined: while the
  // peer runs, this code leaves the nearest caches, and has to come back within the timed part.
  // The smaller and the more compact it is, the better.
  [[gnu::noinline]] TimedPing time_ping(std::span<const std::byte> payload) noexcept {
    const auto sent_at = Clock::now();
    PingStatus status = peer_.send_all(payload);
    if (status == PingStatus::Ok) [[likely]] {
      status = peer_.receive_ack();
    }
    return {.sent_at = sent_at, .acked_at = Clock::now(), .status = status};
  }

  static TimedPing not_sent(PingStatus readiness) noexcept {
    const auto now = Clock::now();
    return {.sent_at = now, .acked_at = now, .status = readiness};
  }

  Peer& peer_;
  PayloadSource& payloads_;
  Duration interval_;
  typename Clock::time_point started_;
};

}  // namespace tcpstep
