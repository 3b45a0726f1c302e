#include "lib/link/netem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/link/prediction.h"

namespace tcpstep {
namespace {

constexpr std::int64_t kEthernetHeader = 14;     // already counted by the queueing discipline
constexpr std::uint32_t kMoreThanHeaders = 100;  // beside a packet of the size of the MTU
constexpr std::uint32_t kRoundsOfBase = 500;

// How netem takes the time of one packet: bytes at a rate.
struct RateOptions {
  std::uint64_t bits_per_second = 0;  // zero: no rate
  std::int64_t overhead = 0;
  std::uint32_t cell = 0;  // zero: no cells
  std::uint32_t cell_overhead = 0;

  // The time of one IP packet.
  [[nodiscard]] Duration time(std::uint32_t bytes) const {
    if (bits_per_second == 0) {
      return Duration::zero();
    }
    std::int64_t total = bytes + kEthernetHeader + overhead;
    if (cell != 0) {
      total = (total + cell - 1) / cell * (cell + cell_overhead);
    }
    return Duration(total * 8 * std::nano::den / static_cast<std::int64_t>(bits_per_second));
  }

  [[nodiscard]] std::vector<std::string> arguments() const {
    if (bits_per_second == 0) {
      return {};
    }
    return {"rate", fmt::format("{}bit", bits_per_second), fmt::format("{}", overhead),
            fmt::format("{}", cell), fmt::format("{}", cell_overhead)};
  }
};

std::uint64_t bytes_in(Duration time, std::uint64_t bits_per_second) {
  return static_cast<std::uint64_t>(
      std::llround(static_cast<double>(time.count()) * static_cast<double>(bits_per_second) / 8e9));
}

RateOptions grid_rate(const GridProfile& grid, std::uint32_t mtu) {
  const std::uint32_t largest = mtu + kMoreThanHeaders;
  const auto slots_a_second = [&](std::uint64_t bits) {
    return bits * std::nano::den / static_cast<std::uint64_t>(grid.slot.count());
  };
  if (grid.packets != 0) {  // cells larger than any packet: every packet takes the same time
    return {.bits_per_second = slots_a_second(std::uint64_t{largest} * 8 * grid.packets),
            .overhead = 0,
            .cell = largest,
            .cell_overhead = 0};
  }
  return {.bits_per_second = slots_a_second(std::uint64_t{grid.bytes} * 8),
          .overhead = -kEthernetHeader};
}

RateOptions rate_of(const DirectionProfile& direction, std::uint32_t mtu) {
  if (direction.grid.slot > Duration::zero()) {
    return grid_rate(direction.grid, mtu);
  }
  const SerializerProfile& serializer = direction.serializer;
  // The first packet pays every hop.
  const std::uint64_t rate = serializer.bits_per_second / serializer.hops;
  const MediumProfile& medium = direction.medium;
  const Duration each =
      serializer.per_packet + medium.access + medium.backoff_slot * medium.backoff_slots / 2;
  return {.bits_per_second = rate,
          .overhead = serializer.overhead_bytes - kEthernetHeader +
                      static_cast<std::int64_t>(bytes_in(each, rate)),
          .cell = serializer.has_atm_cells ? 48U : 0U,
          .cell_overhead = serializer.has_atm_cells ? 5U : 0U};
}

// Mean RTT of one byte without the hosts' share and without losses, which netem adds itself.
Duration base_of(Profile profile) {
  for (DirectionProfile& direction : profile.directions) {
    direction.loss_ppm = 0;
  }
  const auto series =
      predict(profile, {.sizes = {PayloadSize(1)}, .rounds = kRoundsOfBase}).begin()->second;
  return std::accumulate(series.begin(), series.end(), Duration::zero()) /
             static_cast<Duration::rep>(series.size()) -
         profile.host;
}

// Whether packets wait for more than their turn, the rate and the delay.
bool has_waits(const Profile& profile) {
  return std::ranges::any_of(profile.directions, [](const DirectionProfile& direction) {
    return direction.block_flow.setup + direction.grid.slot + direction.medium.access +
               direction.hold_off.time >
           Duration::zero();
  });
}

std::string microseconds(Duration duration) {
  return fmt::format("{:.3f}us", static_cast<double>(duration.count()) / 1000);
}

std::vector<std::string> limits_of(const DirectionProfile& direction) {
  std::vector<std::string> limits;
  if (direction.queue_packets > 0) {
    limits.emplace_back("the queue's length: netem also counts packets that are only delayed");
  }
  if (direction.block_flow.release > Duration::zero()) {
    limits.emplace_back("block flows: the delay depends on what was sent before; its mean is used");
  }
  if (direction.grid.slot > Duration::zero()) {
    limits.emplace_back("the time grid: a packet waits for its slot; the mean wait is used");
  }
  if (direction.medium.access > Duration::zero()) {
    limits.emplace_back(
        "the shared medium, its aggregation and its random backoff; the mean backoff is charged");
  }
  if (direction.serializer.hops > 1) {
    limits.emplace_back("several hops: every packet is charged all of them, not only the first");
  }
  if (direction.hold_off.time > Duration::zero()) {
    limits.emplace_back("the receiver's hold-off");
  }
  if (direction.delay.jitter + direction.delay.tail > Duration::zero()) {
    limits.emplace_back(
        "a random seed: jitter is not repeatable before Linux 6.7 and its iproute2");
  }
  return limits;
}

}  // namespace

NetemEquivalent netem_equivalent(const Profile& profile) {
  NetemEquivalent result;
  std::array<RateOptions, 2> rates;
  std::array<Duration, 2> delays{};  // mean ones
  Duration explained{0};             // the part of the RTT that these account for
  for (const std::size_t i : {0U, 1U}) {
    const DirectionProfile& direction = profile.directions[i];
    rates[i] = rate_of(direction, profile.mtu);
    delays[i] = direction.delay.constant + direction.delay.jitter / 2 + direction.delay.tail;
    explained += delays[i] + rates[i].time(kTcpIpHeader + 1);
  }
  const Duration waits = has_waits(profile) ? (base_of(profile) - explained) / 2 : Duration::zero();
  for (const std::size_t i : {0U, 1U}) {
    const DirectionProfile& direction = profile.directions[i];
    auto& options = result.options[i];
    options = {"delay", microseconds(std::max(Duration::zero(), delays[i] + waits))};
    if (direction.delay.tail > Duration::zero()) {
      options.insert(options.end(), {microseconds(direction.delay.tail), "distribution", "pareto"});
    } else if (direction.delay.jitter > Duration::zero()) {
      options.push_back(microseconds(direction.delay.jitter / 2));
    }
    if (direction.loss_ppm > 0) {
      options.insert(options.end(),
                     {"loss", fmt::format("{:.4f}%", direction.loss_ppm / 10'000.0)});
    }
    const auto rate = rates[i].arguments();
    options.insert(options.end(), rate.begin(), rate.end());
    for (const std::string& limit : limits_of(direction)) {
      if (std::ranges::find(result.limits, limit) == result.limits.end()) {
        result.limits.push_back(limit);
      }
    }
  }
  return result;
}

std::vector<std::string> netem_command(const std::string& device,
                                       const std::vector<std::string>& options) {
  std::vector<std::string> command{"tc",   "qdisc", "replace", "dev",  device,
                                   "root", "netem", "limit",   "10000"};
  command.insert(command.end(), options.begin(), options.end());
  return command;
}

}  // namespace tcpstep
