#include "lib/link/profile.h"

#include <algorithm>
#include <utility>

namespace tcpstep {

Profile scaled(Profile profile, Scale scale) {
  const Duration missing_host_share = (scale.times(profile.host) - profile.host) / 2;
  for (DirectionProfile& direction : profile.directions) {
    for (Duration* time :
         {&direction.block_flow.setup, &direction.block_flow.open, &direction.block_flow.release,
          &direction.block_flow.keep, &direction.block_flow.random_access_least,
          &direction.block_flow.random_access, &direction.grid.slot, &direction.medium.access,
          &direction.medium.backoff_slot, &direction.serialiser.per_packet,
          &direction.hold_off.time, &direction.delay.constant, &direction.delay.jitter,
          &direction.delay.tail}) {
      *time = scale.times(*time);
    }
    const auto thousandths = static_cast<std::uint64_t>(scale.thousandths());
    std::uint64_t& rate = direction.serialiser.bits_per_second;
    rate = rate == 0 ? 0 : std::max<std::uint64_t>(1, rate * Scale::kOne / thousandths);
    direction.delay.constant =
        std::max(Duration::zero(), direction.delay.constant + missing_host_share);
  }
  if (!scale.is_one()) {
    profile.name += "-x" + scale.text();
  }
  return profile;
}

Profile swapped(Profile profile) {
  std::swap(profile.directions[0], profile.directions[1]);
  profile.name += "-swapped";
  return profile;
}

}  // namespace tcpstep
