// A link as a calculation: when a packet that enters now will arrive.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "lib/base/random.h"
#include "lib/link/link_effects.h"
#include "lib/link/profile.h"

namespace tcpstep {

// One direction of a link. A packet meets, in this order: loss, the queue's end, block flow, then
// the time grid or the shared medium or the serializer, hold-off, delay and jitter. Never reorders.
class LinkDirection {
 public:
  LinkDirection(const DirectionProfile& profile, Direction direction, std::uint64_t seed);

  // When a packet of `bytes` that enters at `now` is delivered; empty if it is lost or
  // dropped. `now` never goes back. `peer` is the other direction.
  std::optional<Duration> send(Duration now, std::uint32_t bytes, const LinkDirection& peer,
                               Medium& medium);

 private:
  [[nodiscard]] bool is_queue_full(Duration now);
  Duration transmit(Duration ready, std::uint32_t bytes, Medium& medium);

  DirectionProfile profile_;
  Random random_;
  BlockFlow block_flow_;
  TimeGrid grid_;
  MediumAccess access_;
  Serializer serializer_;
  HoldOff hold_off_;
  std::deque<Duration> queue_;    // when each packet that waits or is being sent will be sent
  std::optional<Duration> sent_;  // when the last packet was on its way
  Duration delivered_{0};
};

// Both directions. No I/O, no clock, integer nanoseconds: the same seed and the same packets give
// the same times everywhere.
class LinkModel {
 public:
  LinkModel(const Profile& profile, std::uint64_t seed)
      : directions_{LinkDirection(profile[Direction::Down], Direction::Down, seed),
                    LinkDirection(profile[Direction::Up], Direction::Up, seed)} {}

  std::optional<Duration> send(Direction direction, Duration now, std::uint32_t bytes) {
    const auto index = static_cast<std::size_t>(direction);
    return directions_[index].send(now, bytes, directions_[1 - index], medium_);
  }

 private:
  std::array<LinkDirection, 2> directions_;
  Medium medium_;
};

}  // namespace tcpstep
