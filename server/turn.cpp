#include "server/turn.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "lib/base/stop_request.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// An honest run takes a fraction of this: a ping one RTT, and a payload of many segments as many
// more as it needs windows. Slow processes and a few retransmissions are allowed for.
constexpr int kRttsPerPing = 4;
constexpr int kRttsPerSegment = 8;
constexpr Duration kPerPing = 10ms;
constexpr Duration kPerFreshConnection = 40ms;
constexpr int kRttsPerFreshConnection = 8;

struct Size {
  double pings = 0;
  double bytes = 0;
};

Size size_of(const SweepSpec& sweep, Mss mss) {
  const auto sizes = sweep.sizes.resolve(mss);
  Size size;
  if (sizes) {
    const double rounds = static_cast<double>(sweep.rounds) + sweep.warmup_rounds;
    size.pings = rounds * static_cast<double>(sizes->size());
    for (const PayloadSize payload : *sizes) {
      size.bytes += rounds * payload.bytes();
    }
  }
  return size;
}

void end_turn(int signal) {
  request_stop(signal);
  ::alarm(1);  // for a call that begins to wait just now; StopSignals repeats it
}

}  // namespace

Duration turn_of(const SweepSpec& sweep, const SweepSpec& own, const PathSpeed& path) {
  const Size wanted = size_of(sweep, path.mss);
  const Size usual = size_of(own, path.mss);
  const double pings = std::min(wanted.pings, usual.pings);
  const double segments = std::min(wanted.bytes, usual.bytes) / path.mss.bytes();
  const double idle = pings * static_cast<double>(std::min(sweep.interval, own.interval).count());
  const double longest = static_cast<double>(kLongestTurn.count()) + idle;
  if (!path.shortest_rtt) {
    return Duration(static_cast<Duration::rep>(longest));
  }
  const double rtt = static_cast<double>(path.shortest_rtt->count());
  double per_ping = kRttsPerPing * rtt + static_cast<double>(kPerPing.count());
  if (sweep.connection == ConnectionMode::Fresh) {
    per_ping += kRttsPerFreshConnection * rtt + static_cast<double>(kPerFreshConnection.count());
  }
  const double needed = static_cast<double>(own.timeout.count()) + pings * per_ping +
                        segments * kRttsPerSegment * rtt + idle;
  return Duration(static_cast<Duration::rep>(std::min(needed, longest)));
}

void catch_end_of_turn() {
  struct sigaction action {};
  action.sa_handler = end_turn;  // no SA_RESTART: a waiting recv(2) must end
  sigemptyset(&action.sa_mask);
  ::sigaction(kOutOfTime, &action, nullptr);
}

}  // namespace tcpstep
