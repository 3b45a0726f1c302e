// The end that does not measure: reads to the sentinel, sends a one-byte ack.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/stop_request.h"
#include "lib/net/patience.h"
#include "lib/protocol/frame.h"
#include "lib/sweep/resent_acks.h"

namespace tcpstep {

// The limits of a responder, and which of them was exceeded.
struct ResponderLimits {
  static constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t payload_bytes = PayloadSize::kLargest;  // of one payload
  std::uint64_t payloads = kAny;
  std::uint64_t bytes = kAny;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};
enum class Excess : std::uint8_t { None, PayloadBytes, Payloads, Bytes, Time };

// What a responder received until the end.
struct AckedPayloads {
  std::uint64_t payloads = 0;          // complete ones, each acked
  std::uint64_t bytes = 0;             // all that arrived
  std::uint64_t unfinished_bytes = 0;  // of a payload that was cut off
  std::uint64_t largest = 0;           // bytes of the largest complete payload
  PingStatus end = PingStatus::Ok;     // Closed is a normal end if nothing is unfinished
  Excess excess = Excess::None;        // then `end` is Interrupted for Time, otherwise Protocol
  std::vector<ResentAck> resent_acks;  // if the responder watches them; pings count from its start
};

// Adds what came over a connection that carried only that ping.
inline void add_ping(AckedPayloads& all, const AckedPayloads& one, std::uint64_t ping) {
  all.payloads += one.payloads;
  all.bytes += one.bytes;
  all.largest = std::max(all.largest, one.largest);
  all.excess = one.excess;
  for (const ResentAck& ack : one.resent_acks) {
    all.resent_acks.push_back({.ping = ping, .times = ack.times});
  }
}

// How a responder starts and ends.
struct ResponderOptions {
  std::span<const std::byte> received = {};  // already, and not yet acked
  std::uint64_t acked = 0;                   // payloads of one byte, before this responder
  bool stops_at_frame = false;               // what begins with kFrameMark is a frame: see rest()
  bool watches_acks = false;                 // which of them the kernel has to send again
  ResponderLimits limits = {};
};

// Acks every payload until the peer closes or something goes wrong.
// Peer has receive_some(span), send_all(span) and retransmits(), as TcpConnection has.
template <class Peer>
class Responder {
 public:
  explicit Responder(Peer& peer, const ResponderOptions& options = {})
      : peer_(peer),
        buffer_(std::size_t{64} * 1024),
        stops_at_frame_(options.stops_at_frame),
        limits_(options.limits),
        watch_(peer, options.watches_acks),
        early_(options.received.begin(), options.received.end()) {
    acked_.payloads = options.acked;
    acked_.bytes = options.acked;
    acked_.largest = std::min<std::uint64_t>(options.acked, 1);
  }

  AckedPayloads run() {
    return run([] {});
  }

  // Calls `after_each` after each part that arrived, and was acked if it completed a payload.
  template <class Callback>
  AckedPayloads run(Callback&& after_each) {
    while (acked_.end == PingStatus::Ok && rest_.empty()) {
      step();
      after_each();
    }
    watch_.finish();
    acked_.resent_acks = watch_.take();
    return acked_;
  }

  // What came instead of a payload, from the mark on; empty unless a frame ended this.
  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

  // For a progress display.
  [[nodiscard]] const AckedPayloads& so_far() const { return acked_; }

 private:
  void step() {
    if (!early_.empty()) {
      const std::vector<std::byte> early = std::exchange(early_, {});
      take(early);
      return;
    }
    const auto received = peer_.receive_some(buffer_);
    if (received.status != PingStatus::Ok) {
      acked_.end = received.status;
      return;
    }
    take(std::span<const std::byte>(buffer_).first(received.bytes));
  }

  void take(std::span<const std::byte> data) {
    if (stops_at_frame_ && acked_.unfinished_bytes == 0 && data.front() == kFrameMark) {
      rest_.assign(data.begin(), data.end());
      return;
    }
    acked_.bytes += data.size();
    // A payload ends in the sentinel, so the last byte decides whether to ack.
    const bool is_complete = data.back() == kSentinel;
    if (is_complete) {
      acked_.end = peer_.send_all(kAckBytes);
      watch_.note_ack();
    }
    check_for_stop();
    if (acked_.payloads < kCheckedPayloads) {
      check_for_misplaced_sentinel(data.first(data.size() - 1));
    }
    if (is_complete) {
      acked_.payloads += acked_.end == PingStatus::Ok ? 1 : 0;
      acked_.largest =
          std::max<std::uint64_t>(acked_.largest, acked_.unfinished_bytes + data.size());
      acked_.unfinished_bytes = 0;
    } else {
      acked_.unfinished_bytes += data.size();
    }
    check_limits();
  }

  void check_limits() {
    if (std::max(acked_.largest, acked_.unfinished_bytes) > limits_.payload_bytes) {
      exceed(Excess::PayloadBytes);
    } else if (acked_.payloads > limits_.payloads) {
      exceed(Excess::Payloads);
    } else if (acked_.bytes > limits_.bytes) {
      exceed(Excess::Bytes);
    } else if (const int ticks = Patience::ticks(); ticks != ticks_) {
      ticks_ = ticks;
      if (std::chrono::steady_clock::now() >= limits_.deadline) {
        exceed(Excess::Time);
      }
    }
  }

  void exceed(Excess excess) {
    acked_.excess = excess;
    acked_.end = excess == Excess::Time ? PingStatus::Interrupted : PingStatus::Protocol;
  }

  // Where both programs share a processor, a search after the ack delays the server's clock reading
  // or the next ping, by microseconds. A server that violates the protocol does so from the start:
  // the search ends with the default sweep's warm-up.
  static constexpr std::uint64_t kCheckedPayloads = 100;

  // Two payloads at once: the server did not wait for the ack, or its fill has sentinels.
  void check_for_misplaced_sentinel(std::span<const std::byte> data) {
    if (acked_.end == PingStatus::Ok && std::ranges::find(data, kSentinel) != data.end()) {
      acked_.end = PingStatus::Protocol;
    }
  }

  // If the server sends faster than we read, no receive waits, and only one that waits is
  // interrupted by a signal.
  void check_for_stop() {
    if (acked_.end == PingStatus::Ok && requested_stop() != 0) {
      acked_.end = PingStatus::Interrupted;
    }
  }

  static constexpr std::array<std::byte, 1> kAckBytes{kAck};

  Peer& peer_;
  std::vector<std::byte> buffer_;
  bool stops_at_frame_;
  ResponderLimits limits_;
  int ticks_ = Patience::ticks();
  ResentAckWatch<Peer> watch_;
  std::vector<std::byte> early_;
  std::vector<std::byte> rest_;
  AckedPayloads acked_;
};

}  // namespace tcpstep
