#include "lib/link/link_model.h"

#include <algorithm>

namespace tcpstep {
LinkDirection::LinkDirection(const DirectionProfile& profile, Direction direction,
                             std::uint64_t seed)
    : profile_(profile),
      random_(Random(seed).next() + static_cast<std::uint64_t>(direction)),
      block_flow_(profile.block_flow),
      grid_(profile.grid, profile.serializer.overhead_bytes),
      access_(profile.medium, profile.serializer, direction),
      serializer_(profile.serializer),
      hold_off_(profile.hold_off) {}

std::optional<Duration> LinkDirection::send(Duration now, std::uint32_t bytes,
                                            const LinkDirection& peer, Medium& medium) {
  if (random_.happens(profile_.loss_ppm)) {
    return std::nullopt;
  }
  if (is_queue_full(now)) {
    return std::nullopt;
  }
  const Duration ready = block_flow_.ready(now, sent_, peer.sent_, random_);
  const Duration arrived = transmit(ready, bytes, medium);
  sent_ = arrived;
  if (profile_.queue_packets > 0) {
    queue_.push_back(arrived);
  }
  const Duration due = hold_off_.look(arrived, bytes) + profile_.delay.constant +
                       random_.uniform(profile_.delay.jitter) +
                       random_.exponential(profile_.delay.tail);
  delivered_ = std::max(due, delivered_);
  return delivered_;
}

bool LinkDirection::is_queue_full(Duration now) {
  while (!queue_.empty() && queue_.front() <= now) {
    queue_.pop_front();
  }
  return profile_.queue_packets > 0 && queue_.size() >= profile_.queue_packets;
}

Duration LinkDirection::transmit(Duration ready, std::uint32_t bytes, Medium& medium) {
  if (profile_.grid.slot > Duration::zero()) {
    return grid_.send(ready, bytes);
  }
  if (profile_.medium.access > Duration::zero()) {
    return access_.send(ready, bytes, medium, random_);
  }
  return serializer_.send(ready, bytes);
}

}  // namespace tcpstep
