// The client's half of the classic protocol: read to the sentinel, answer one byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/stop_request.h"
#include "lib/protocol/classic.h"

namespace tcpstep {

// What a responder saw until the end.
struct Responses {
  std::uint64_t payloads = 0;          // complete ones, each answered
  std::uint64_t bytes = 0;             // all that arrived
  std::uint64_t unfinished_bytes = 0;  // of a payload that was cut off
  PingStatus end = PingStatus::Ok;     // Closed is the orderly end if nothing is unfinished
};

// Answers every payload until the peer closes or something goes wrong.
// Peer has receive_some(span) and send_all(span), as TcpConnection has.
template <class Peer>
class Responder {
 public:
  explicit Responder(Peer& peer) : peer_(peer), buffer_(std::size_t{64} * 1024) {}

  Responses run() {
    while (responses_.end == PingStatus::Ok) {
      step();
    }
    return responses_;
  }

  // As far as it got; of use in a progress display.
  [[nodiscard]] const Responses& so_far() const { return responses_; }

 private:
  void step() {
    const auto received = peer_.receive_some(buffer_);
    if (received.status != PingStatus::Ok) {
      responses_.end = received.status;
      return;
    }
    const auto data = std::span<const std::byte>(buffer_).first(received.bytes);
    responses_.bytes += data.size();
    // A payload ends in the sentinel, so the last byte decides whether to answer.
    const bool is_complete = data.back() == kSentinel;
    if (is_complete) {
      responses_.end = peer_.send_all(kAnswer);
    }
    check_for_stop();
    if (responses_.payloads < kCheckedPayloads) {
      check_for_misplaced_sentinel(data.first(data.size() - 1));
    }
    if (is_complete) {
      responses_.payloads += responses_.end == PingStatus::Ok ? 1 : 0;
      responses_.unfinished_bytes = 0;
    } else {
      responses_.unfinished_bytes += data.size();
    }
  }

  // Where both programs share a processor, a search after the answer delays the server's clock
  // reading or the next ping, by microseconds. A server that does not keep to the protocol shows
  // it from the start, so that the search ends with the default sweep's warm-up.
  static constexpr std::uint64_t kCheckedPayloads = 100;

  // Two payloads at once: the server did not wait for the answer, or its fill holds sentinels.
  void check_for_misplaced_sentinel(std::span<const std::byte> data) {
    if (responses_.end == PingStatus::Ok && std::ranges::find(data, kSentinel) != data.end()) {
      responses_.end = PingStatus::Protocol;
    }
  }

  // A server that sends faster than we read never lets a receive wait, and only one that waits is
  // interrupted by a signal.
  void check_for_stop() {
    if (responses_.end == PingStatus::Ok && requested_stop() != 0) {
      responses_.end = PingStatus::Interrupted;
    }
  }

  static constexpr std::array<std::byte, 1> kAnswer{kAck};

  Peer& peer_;
  std::vector<std::byte> buffer_;
  Responses responses_;
};

}  // namespace tcpstep
