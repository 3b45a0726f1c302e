#include "lib/link/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::uint32_t kMostBytes = 65'535;

using Way = DirectionProfile;
using Text = std::string_view;
template <class T>
using Member = T& (*)(Way&);

DirectionKey time_key(std::string_view name, Member<Duration> member, std::string_view needs = {},
                      std::string_view excludes = {}) {
  return {.name = name,
          .read = [member](Way& way, Text text) { member(way) = parse_link_time(text); },
          .needs = needs,
          .excludes = excludes,
          .time = member};
}

DirectionKey bytes_key(std::string_view name, Member<std::uint32_t> member,
                       std::string_view needs) {
  return {.name = name,
          .read = [member](Way& way,
                           Text text) { member(way) = parse_link_bytes(text, 1, kMostBytes); },
          .needs = needs};
}

DirectionKey share_key(std::string_view name, Member<std::uint32_t> member,
                       std::string_view needs = {}) {
  return {.name = name,
          .read = [member](Way& way, Text text) { member(way) = parse_percentage(text); },
          .needs = needs};
}

DirectionKey count_key(std::string_view name, std::uint32_t largest, Member<std::uint32_t> member,
                       std::string_view needs, std::string_view excludes = {}) {
  return {.name = name,
          .read =
              [member, largest](Way& way, Text text) {
                member(way) = static_cast<std::uint32_t>(parse_count(text, 1, largest));
              },
          .needs = needs,
          .excludes = excludes};
}

// A key whose only value is `word`.
DirectionKey word_key(std::string_view name, Text word, Member<bool> member,
                      std::string_view needs) {
  return {.name = name,
          .read =
              [member, word](Way& way, Text text) {
                if (text != word) {
                  throw UsageError(
                      fmt::format("invalid value '{}': expected {}", printable(text), word));
                }
                member(way) = true;
              },
          .needs = needs};
}

std::vector<DirectionKey> make_keys() {
  return {
      share_key(
          "loss", [](Way & w) -> auto& { return w.loss_ppm; }),
      count_key(
          "queue", 100'000, [](Way & w) -> auto& { return w.queue_packets; },
          "rate or per_packet or slot or access"),

      time_key(
          "setup", [](Way & w) -> auto& { return w.block_flow.setup; }),
      time_key(
          "open", [](Way & w) -> auto& { return w.block_flow.open; }, "release"),
      time_key(
          "release", [](Way & w) -> auto& { return w.block_flow.release; }, "setup"),
      time_key(
          "keep", [](Way & w) -> auto& { return w.block_flow.keep; }, "random_access"),
      share_key(
          "polled", [](Way & w) -> auto& { return w.block_flow.polled_ppm; }, "random_access"),
      time_key(
          "random_access_least", [](Way & w) -> auto& { return w.block_flow.random_access_least; },
          "random_access"),
      time_key(
          "random_access", [](Way & w) -> auto& { return w.block_flow.random_access; }, "release"),

      time_key(
          "slot", [](Way & w) -> auto& { return w.grid.slot; }, {}, "access rate per_packet hops"),
      count_key(
          "slot_packets", 10'000, [](Way & w) -> auto& { return w.grid.packets; }, "slot"),
      bytes_key(
          "slot_bytes", [](Way & w) -> auto& { return w.grid.bytes; }, "slot"),

      time_key(
          "access", [](Way & w) -> auto& { return w.medium.access; }, {}, "hops"),
      time_key(
          "backoff_slot", [](Way & w) -> auto& { return w.medium.backoff_slot; }, "backoff_slots"),
      count_key(
          "backoff_slots", 1023, [](Way & w) -> auto& { return w.medium.backoff_slots; }, "access"),
      word_key(
          "backoff", "always", [](Way & w) -> auto& { return w.medium.always_backs_off; },
          "backoff_slots"),
      count_key(
          "aggregate", 256, [](Way & w) -> auto& { return w.medium.aggregate; }, "access"),

      {.name = "rate",
       .read = [](Way& w, Text text) { w.serializer.bits_per_second = parse_rate(text); }},
      bytes_key(
          "overhead", [](Way & w) -> auto& { return w.serializer.overhead_bytes; },
          "rate or slot_bytes"),
      bytes_key(
          "minimum", [](Way & w) -> auto& { return w.serializer.minimum_bytes; }, "rate"),
      word_key(
          "cells", "atm", [](Way & w) -> auto& { return w.serializer.has_atm_cells; }, "rate"),
      time_key(
          "per_packet", [](Way & w) -> auto& { return w.serializer.per_packet; }),
      count_key(
          "hops", 64, [](Way & w) -> auto& { return w.serializer.hops; }, "rate or per_packet"),

      time_key(
          "hold_off", [](Way & w) -> auto& { return w.hold_off.time; }),
      bytes_key(
          "hold_off_above", [](Way & w) -> auto& { return w.hold_off.above_bytes; }, "hold_off"),

      time_key(
          "delay", [](Way & w) -> auto& { return w.delay.constant; }),
      time_key(
          "jitter", [](Way & w) -> auto& { return w.delay.jitter; }),
      time_key(
          "tail", [](Way & w) -> auto& { return w.delay.tail; }),
  };
}

}  // namespace

std::span<const DirectionKey> direction_keys() {
  static const std::vector<DirectionKey> keys = make_keys();
  return keys;
}

Profile scaled(Profile profile, Scale scale) {
  const Duration missing_host_share = (scale.times(profile.host) - profile.host) / 2;
  for (DirectionProfile& direction : profile.directions) {
    for (const DirectionKey& key : direction_keys()) {
      if (key.time) {
        key.time(direction) = scale.times(key.time(direction));
      }
    }
    const auto thousandths = static_cast<std::uint64_t>(scale.thousandths());
    std::uint64_t& rate = direction.serializer.bits_per_second;
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
