#include "lib/sweep/path_speed.h"

#include <fmt/format.h>

#include <algorithm>
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
  SweepSpec fewest = sweep;
  fewest.time.reset();
  fewest.rounds = sweep.fewest_rounds();
  const auto fits = [&] { return expected_duration(fewest, path).value_or(time) <= time; };
  if (fits()) {
    return std::nullopt;
  }
  fewest.sizes = parse_sizes("boundaries");
  if (fits()) {
    return fewest.sizes;
  }
  const std::uint32_t mss = std::min(path.mss.bytes(), kLargestPayload);
  std::string steps = fmt::format("1,{}", mss);
  for (std::uint32_t bytes = mss + 1; bytes <= kLargestPayload; bytes += mss) {
    steps += fmt::format(",{}", bytes);
  }
  return parse_sizes(steps);
}

}  // namespace tcpstep
