#include "lib/link/prediction.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <queue>
#include <tuple>

#include "lib/base/parse.h"
#include "lib/link/link_model.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBatch = 1us;  // segments that come together are acknowledged together
constexpr std::uint32_t kWarmupPings = 3;

// One ping on the model: which packets are sent when, as the kernels of both hosts do.
class PingPong {
 public:
  PingPong(const Profile& profile, std::uint64_t seed)
      : model_(profile, seed), host_share_(profile.host / 2) {}

  // When the server has the answer to a payload sent at `start`.
  Duration ping(Duration start, PayloadSize size) {
    for (std::uint32_t left = size.bytes(); left > 0;) {
      const std::uint32_t bytes = std::min(left, kLabMss.bytes());
      left -= bytes;
      add(start + host_share_, Event::Payload, bytes);
    }
    std::uint32_t received = 0;
    std::uint32_t unacknowledged = 0;
    Duration answered{0};
    while (!events_.empty()) {
      const Event event = take();
      if (event.kind != Event::Arrival) {
        answered = std::max(answered, send(event));
        continue;
      }
      std::uint32_t bytes = event.bytes;
      while (is_in_batch(event)) {
        bytes += take().bytes;
      }
      received += bytes;
      unacknowledged += bytes;
      if (unacknowledged > kLabMss.bytes()) {
        add(event.at, Event::Acknowledgement, 0);
        unacknowledged = 0;
      }
      if (received == size.bytes()) {
        add(event.at + host_share_, Event::Answer, 1);
      }
    }
    return answered;
  }

 private:
  struct Event {
    enum Kind : std::uint8_t { Payload, Arrival, Acknowledgement, Answer };
    Duration at;
    std::uint64_t order;
    Kind kind;
    std::uint32_t bytes;

    bool operator>(const Event& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  void add(Duration at, Event::Kind kind, std::uint32_t bytes) {
    events_.push({.at = at, .order = ++order_, .kind = kind, .bytes = bytes});
  }

  Event take() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

  [[nodiscard]] bool is_in_batch(const Event& first) const {
    return !events_.empty() && events_.top().kind == Event::Arrival &&
           events_.top().at <= first.at + kBatch;
  }

  // Puts a packet on the link. The arrival of an answer, or zero for other packets.
  Duration send(const Event& event) {
    const Direction direction = event.kind == Event::Payload ? Direction::Down : Direction::Up;
    // A lost packet is retransmitted after Linux's shortest timeout, roughly.
    const Duration due =
        model_.send(direction, event.at, event.bytes + kTcpIpHeader).value_or(event.at + 200ms);
    if (event.kind == Event::Payload) {
      add(due, Event::Arrival, event.bytes);
    }
    return event.kind == Event::Answer ? due : Duration::zero();
  }

  LinkModel model_;
  Duration host_share_;  // of each host: half of what both add to a round trip
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
};

}  // namespace

std::map<PayloadSize, std::vector<Duration>> predict(const Profile& profile,
                                                     const PredictionOptions& options) {
  PingPong peers(profile, options.seed);
  Duration now = 1ms;
  for (std::uint32_t i = 0; i < kWarmupPings; ++i) {
    now = peers.ping(now, PayloadSize(1));
  }
  std::map<PayloadSize, std::vector<Duration>> series;
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    for (const PayloadSize size : options.sizes) {
      const Duration answered = peers.ping(now, size);
      series[size].push_back(answered - now);
      now = answered;
    }
  }
  return series;
}

std::string prediction_text(const Profile& profile) {
  LinkRuns runs;
  runs.key = {.link = profile.name, .mss = kLabMss};
  runs.runs = 1;
  for (const auto& [size, rtts] : predict(profile, {.sizes = parse_sizes("1:9901:100").fixed})) {
    for (const Duration rtt : rtts) {
      runs.series[size].add(rtt);
    }
  }
  return "As the model predicts it:\n" +
         render_text(std::array{penalty_table(runs, Statistic::minimum())});
}

}  // namespace tcpstep
