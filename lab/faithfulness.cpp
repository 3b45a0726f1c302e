#include "lab/faithfulness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "lib/base/text.h"
#include "lib/link/prediction.h"

namespace tcpstep {
namespace {

struct SizePing {
  Duration rtt;
  PacketPing packets;
};

constexpr std::uint32_t kRoundsOfBase = 100;
constexpr std::size_t kMostSizesNamed = 10;

bool is_doubtful(const std::vector<SizePing>& pings, const Undisturbed& undisturbed) {
  const Duration minimum = std::ranges::min_element(pings, {}, &SizePing::rtt)->rtt;
  return std::ranges::none_of(pings, [&](const SizePing& ping) {
    const Duration hosts = ping.rtt - ping.packets.link + ping.packets.reaction;
    return ping.rtt <= minimum + undisturbed.limit && ping.packets.lateness <= undisturbed.limit &&
           hosts <= undisturbed.hosts + undisturbed.limit &&
           (!undisturbed.is_pause_short ||
            ping.packets.pause <= undisturbed.hosts + undisturbed.limit) &&
           (!undisturbed.is_ack_usual || ping.packets.tcp_acks >= ping.packets.segments / 2);
  });
}

bool has_grid(const Profile& profile) {
  return std::ranges::any_of(profile.directions, [](const DirectionProfile& direction) {
    return direction.grid.slot > Duration::zero();
  });
}

// Where packets queue up behind a late or a lost one, the fastest pings may need fewer TCP ACKs.
bool has_even_flow(const Profile& profile) {
  return std::ranges::all_of(profile.directions, [](const DirectionProfile& direction) {
    return direction.delay.tail == Duration::zero() && direction.loss_ppm == 0;
  });
}

}  // namespace

std::vector<PacketPing> packet_pings(std::span<const PacketRecord> records) {
  std::vector<PacketPing> pings;
  PacketPing ping;
  std::optional<Duration> first_in;
  Duration payload_out{0};
  std::optional<Duration> acked;
  std::optional<std::uint32_t> last_ack;
  for (const PacketRecord& record : records) {
    const bool is_ack = record.direction == Direction::Up && record.payload_bytes == 1;
    if (is_ack && record.sequence == last_ack) {
      continue;
    }
    if (record.direction == Direction::Up && record.payload_bytes > 1) {  // a frame: not a ping
      ping = {};
      first_in.reset();
      continue;
    }
    ping.lateness = std::max(ping.lateness, record.out - record.due);
    if (record.direction == Direction::Down) {
      if (record.payload_bytes > 0) {
        ++ping.segments;
        if (!first_in) {
          first_in = record.in;
          ping.pause = record.in - acked.value_or(record.in);
        }
        payload_out = record.out;
      }
    } else if (!is_ack) {
      ++ping.tcp_acks;
    } else {
      last_ack = record.sequence;
      acked = record.out;
      ping.reaction = record.in - payload_out;
      ping.link = record.out - first_in.value_or(record.in);
      pings.push_back(ping);
      ping = {};
      first_in.reset();
    }
  }
  return pings;
}

std::set<PayloadSize> doubtful_sizes(std::span<const Row> rows, std::span<const PacketPing> pings,
                                     const Undisturbed& undisturbed) {
  std::map<PayloadSize, std::vector<SizePing>> sizes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].round == 0) {
      continue;
    }
    auto& series = sizes[rows[i].size];
    if (rows[i].rtt && rows.size() == pings.size()) {
      series.push_back({.rtt = *rows[i].rtt, .packets = pings[i]});
    }
  }
  std::set<PayloadSize> doubtful;
  for (const auto& [size, series] : sizes) {
    if (series.empty() || is_doubtful(series, undisturbed)) {
      doubtful.insert(size);
    }
  }
  return doubtful;
}

Faithfulness judge(const SchedulingError& error, std::span<const PacketRecord> records,
                   const Profile& profile, double tolerance, std::span<const Row> rows) {
  const auto rtts =
      predict(profile, {.sizes = {PayloadSize(1)}, .rounds = kRoundsOfBase}).begin()->second;
  Faithfulness result{.base = *std::ranges::min_element(rtts),
                      .p50 = error.quantile(0.5),
                      .p99 = error.quantile(0.99),
                      .doubtful = {},
                      .is_virtual = is_time_virtual()};
  const auto limit =
      Duration(static_cast<Duration::rep>(tolerance * static_cast<double>(result.base.count())));
  if (!result.is_virtual) {  // there nothing else runs
    result.doubtful = doubtful_sizes(rows, packet_pings(records),
                                     {.limit = limit / 2,
                                      .hosts = profile.host,
                                      .is_pause_short = has_grid(profile),
                                      .is_ack_usual = has_even_flow(profile)});
  }
  result.is_faithful = result.p99 <= limit && result.doubtful.empty();
  return result;
}

std::string Faithfulness::text() const {
  std::string text =
      fmt::format("emulator late by {} (p50), {} (p99): {:.1f} % of the one-byte RTT of {}",
                  format_duration(p50), format_duration(p99),
                  100 * static_cast<double>(p99.count()) / static_cast<double>(base.count()),
                  format_duration(base));
  if (!doubtful.empty()) {
    text += fmt::format("; the machine was too busy for the minimum RTT of {} bytes",
                        sizes_text(doubtful));
  }
  if (!is_faithful) {
    text += ": the run is not faithful.\n  ";
    text += is_virtual ? "The emulator's own time is too large for this link: slow it down with "
                         "--scale 10, or allow it with --tolerance."
                       : "Measure more rounds, slow the link down with --scale 10, use --virtual, "
                         "or allow it with --tolerance.";
  }
  return text;
}

std::string sizes_text(const std::set<PayloadSize>& sizes) {
  std::string text;
  std::size_t count = 0;
  for (const PayloadSize size : sizes) {
    if (++count > kMostSizesNamed) {
      return text + fmt::format(" and {} more", sizes.size() - kMostSizesNamed);
    }
    text += fmt::format("{}{}", text.empty() ? "" : " ", size.bytes());
  }
  return text.empty() ? "none" : text;
}

bool is_time_virtual() {
  return std::getenv("TCPSTEP_LAB_VIRTUAL") != nullptr;
}

}  // namespace tcpstep
