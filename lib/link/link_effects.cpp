#include "lib/link/link_effects.h"

#include <algorithm>

namespace tcpstep {
namespace {

constexpr std::uint32_t kCellPayload = 48;
constexpr std::uint32_t kCell = 53;

Duration round_up(Duration time, Duration step) {
  return (time + step - Duration(1)) / step * step;
}

}  // namespace

Duration transmission_time(const SerializerProfile& profile, std::uint32_t bytes) {
  std::uint64_t on_the_wire = bytes + profile.overhead_bytes;
  if (profile.has_atm_cells) {
    on_the_wire = (on_the_wire + kCellPayload - 1) / kCellPayload * kCell;
  }
  on_the_wire = std::max<std::uint64_t>(on_the_wire, profile.minimum_bytes);
  if (profile.bits_per_second == 0) {
    return profile.per_packet;
  }
  const std::uint64_t ns =
      (on_the_wire * 8 * std::nano::den + profile.bits_per_second / 2) / profile.bits_per_second;
  return Duration(static_cast<Duration::rep>(ns)) + profile.per_packet;
}

Duration Serializer::send(Duration now, std::uint32_t bytes) {
  const Duration time = transmission_time(profile_, bytes);
  for (Duration& free_at : free_at_) {
    now = free_at = std::max(now, free_at) + time;
  }
  return now;
}

Duration TimeGrid::send(Duration now, std::uint32_t bytes) {
  const Duration next_slot = round_up(now, profile_.slot);
  if (next_slot > slot_at_) {
    start_slot(next_slot);
  }
  if (profile_.packets != 0 && packets_ >= profile_.packets) {
    start_slot(slot_at_ + profile_.slot);
  }
  std::uint32_t left = bytes + overhead_bytes_;
  while (profile_.bytes != 0 && bytes_ + left > profile_.bytes) {
    left -= profile_.bytes - bytes_;
    start_slot(slot_at_ + profile_.slot);
  }
  ++packets_;
  bytes_ += left;
  return slot_at_ + profile_.slot;
}

void TimeGrid::start_slot(Duration at) {
  slot_at_ = at;
  packets_ = 0;
  bytes_ = 0;
}

Duration MediumAccess::send(Duration now, std::uint32_t bytes, Medium& medium, Random& random) {
  const Duration time = transmission_time(serializer_, bytes);
  if (now < starts_ && packets_ < profile_.aggregate && medium.last_sender == direction_) {
    ++packets_;
    medium.free_at += time;
  } else {
    const bool is_idle = now >= medium.free_at;
    starts_ = std::max(now, medium.free_at);
    Duration backoff{0};  // for which the frame is closed already
    if (profile_.always_backs_off) {
      backoff = draw_backoff(random);
    } else if (now < backed_off_at_) {
      starts_ = std::max(starts_, backed_off_at_);
    } else if (!is_idle) {
      starts_ += draw_backoff(random);
    }
    packets_ = 1;
    medium.free_at = starts_ + backoff + profile_.access + time;
    medium.last_sender = direction_;
    backoff_ = draw_backoff(random);
  }
  backed_off_at_ = medium.free_at + backoff_;
  return medium.free_at;
}

Duration MediumAccess::draw_backoff(Random& random) const {
  return profile_.backoff_slot * random.below(profile_.backoff_slots + 1);
}

Duration BlockFlow::ready(Duration now, std::optional<Duration> sent,
                          std::optional<Duration> peer_sent, Random& random) {
  if (profile_.release == Duration::zero()) {
    return now + profile_.setup;
  }
  if (now < established_at_) {
    return established_at_;  // being set up: join it
  }
  if (sent) {
    if (now < *sent + profile_.open) {
      return now;
    }
    now = std::max(now, *sent + profile_.release);  // closing: wait until it is gone
  }
  established_at_ = now + profile_.setup;
  const bool is_asked_on_peers_flow = peer_sent && now <= *peer_sent + profile_.keep;
  if (!is_asked_on_peers_flow && !is_polled(random)) {
    established_at_ += profile_.random_access_least + random.uniform(profile_.random_access);
  }
  return established_at_;
}

bool BlockFlow::is_polled(Random& random) const {
  return random.happens(profile_.polled_ppm);
}

Duration HoldOff::look(Duration now, std::uint32_t bytes) {
  if (bytes > profile_.above_bytes && now > until_) {
    until_ = now + profile_.time;
  }
  return std::max(now, until_);
}

}  // namespace tcpstep
