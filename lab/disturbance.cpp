#include "lab/disturbance.h"

#include <algorithm>
#include <map>
#include <optional>

namespace tcpstep {
namespace {

struct SizePing {
  Duration rtt;
  PacketPing packets;
};

bool is_doubtful(const std::vector<SizePing>& pings, const Calm& calm) {
  const Duration least = std::ranges::min_element(pings, {}, &SizePing::rtt)->rtt;
  return std::ranges::none_of(pings, [&](const SizePing& ping) {
    const Duration hosts = ping.rtt - ping.packets.link + ping.packets.reaction;
    return ping.rtt <= least + calm.limit && ping.packets.lateness <= calm.limit &&
           hosts <= calm.hosts + calm.limit &&
           (!calm.is_pause_short || ping.packets.pause <= calm.hosts + calm.limit) &&
           (!calm.is_ack_usual || ping.packets.tcp_acks >= ping.packets.segments / 2);
  });
}

}  // namespace

std::vector<PacketPing> packet_pings(std::span<const PacketRecord> records) {
  std::vector<PacketPing> pings;
  PacketPing ping;
  std::optional<Duration> first_in;
  Duration payload_out{0};
  std::optional<Duration> answered;
  std::optional<std::uint32_t> last_answer;
  for (const PacketRecord& record : records) {
    const bool is_answer = record.direction == Direction::Up && record.payload_bytes == 1;
    if (is_answer && record.sequence == last_answer) {
      continue;
    }
    if (record.direction == Direction::Up && record.payload_bytes > 1) {  // a frame: no ping yet
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
          ping.pause = record.in - answered.value_or(record.in);
        }
        payload_out = record.out;
      }
    } else if (!is_answer) {
      ++ping.tcp_acks;
    } else {
      last_answer = record.sequence;
      answered = record.out;
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
                                     const Calm& calm) {
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
    if (series.empty() || is_doubtful(series, calm)) {
      doubtful.insert(size);
    }
  }
  return doubtful;
}

}  // namespace tcpstep
