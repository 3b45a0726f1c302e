#include "lib/sweep/path_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "lib/net/tcp_info.h"

namespace tcpstep {
namespace {

// A payload of many segments takes longer than the one byte of a handshake. Over the emulated links
// the mean ping of the default sweep takes 1.1 to 2.2 times as long.
constexpr double kRttsPerPing = 1.5;
constexpr double kRttsPerFreshConnection = 4;  // handshake, opening ping, hello, join
constexpr std::uint32_t kLargestPayload = 9901;

// One byte, a full packet, and one size for each number of packets from 2 on, `step` apart, up to
// `most`: from the middle of those sizes, because a row of the table is their mean.
std::string one_size_each(Mss mss, std::uint32_t step, std::uint32_t most) {
  std::string sizes = fmt::format("1,{}", std::min(mss.bytes(), kLargestPayload));
  const std::uint32_t last = std::min(most, segments_needed(PayloadSize(kLargestPayload), mss));
  for (std::uint32_t packets = 2; packets <= last; packets += step) {
    const std::uint32_t largest = std::min(packets * mss.bytes(), kLargestPayload);
    sizes += fmt::format(",{}", ((packets - 1) * mss.bytes() + 1 + largest) / 2);
  }
  return sizes;
}

}  // namespace

PathSpeed speed_of(const TcpConnection& connection) {
  constexpr std::uint32_t kUnknown = std::numeric_limits<std::uint32_t>::max();
  PathSpeed speed;
  const auto rtt = TcpInfo(connection.fd()).get(&tcp_info::tcpi_min_rtt);
  if (rtt && *rtt != kUnknown) {
    speed.shortest_rtt = std::chrono::microseconds(*rtt);
  }
  speed.mss = connection.path_info().mss.value_or(speed.mss);
  return speed;
}

std::optional<Duration> expected_duration(const SweepSpec& sweep, const PathSpeed& path) {
  const auto volume = sweep.volume(path.mss);
  if (!path.shortest_rtt || !volume) {
    return std::nullopt;
  }
  const bool is_fresh = sweep.connection == ConnectionMode::Fresh;
  const double rtts = kRttsPerPing + (is_fresh ? kRttsPerFreshConnection : 0);
  const double ping = rtts * static_cast<double>(path.shortest_rtt->count()) +
                      static_cast<double>(sweep.interval.count());
  double whole = ping * static_cast<double>(volume->pings);
  if (sweep.time) {
    const double fewest = whole * (sweep.warmup_rounds + sweep.fewest_rounds()) /
                          static_cast<double>(sweep.all_rounds());
    whole = std::min(whole, std::max(fewest, static_cast<double>(sweep.time->count())));
  }
  constexpr double kLongest = 1e18;
  return Duration(static_cast<Duration::rep>(std::min(whole, kLongest)));
}

std::optional<SizeList> fewer_sizes(const SweepSpec& sweep, Duration time, const PathSpeed& path) {
  SweepSpec whole = sweep;
  whole.time.reset();
  whole.rounds = std::min(sweep.rounds, SweepSpec{}.rounds);
  const auto fits = [&] { return expected_duration(whole, path).value_or(time) <= time; };
  if (fits()) {
    return std::nullopt;
  }
  for (const std::string& fewer :
       {std::string("boundaries"), one_size_each(path.mss, 1, kLargestPayload),
        one_size_each(path.mss, 2, 4)}) {
    whole.sizes = parse_sizes(fewer);
    if (fits()) {
      break;
    }
  }
  return whole.sizes;
}

}  // namespace tcpstep
