#include "lib/link/prediction.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <queue>
#include <tuple>

#include "lib/link/link_model.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDelayedAck = 40ms;          // TCP_ATO_MIN and TCP_DELACK_MIN
constexpr Duration kLongestDelayedAck = 200ms;  // TCP_DELACK_MAX
constexpr Duration kHalfTick = 2ms;             // timers fire 0 to 4 ms late at 250 ticks a second
constexpr Duration kRetransmission = 200ms;     // TCP_RTO_MIN, roughly

// One ping on the model: which packets the kernels of both hosts send when.
class PingPong {
 public:
  PingPong(const Profile& profile, std::uint64_t seed)
      : model_(profile, seed), mss_(mss_of(profile).bytes()), host_share_(profile.host / 2) {}

  struct Result {
    Duration acked_at{0};
    bool is_lossless = true;  // no packet of the payload or its ack was lost
  };

  // The ping of a payload sent at `start`.
  Result ping(Duration start, PayloadSize size) {
    result_ = {};
    receiver_.left = size.bytes();
    receiver_.unacknowledged = 0;
    receiver_.timer = 0;
    receiver_.was_late = false;
    for (std::uint32_t left = size.bytes(); left > 0;) {
      const std::uint32_t bytes = std::min(left, mss_);
      left -= bytes;
      add(start + host_share_, Event::Payload, bytes);
    }
    while (!events_.empty()) {
      const Event event = take();
      switch (event.kind) {
        case Event::Arrival:
          receive(event);
          break;
        case Event::DelayedAck:
          fire_delayed_ack(event);
          break;
        default:
          send(event);
      }
    }
    receiver_.longest_delay =
        std::clamp<Duration>(result_.acked_at - start, kDelayedAck, kLongestDelayedAck);
    return result_;
  }

 private:
  struct Event {
    enum Kind : std::uint8_t { Payload, Arrival, DelayedAck, TcpAck, Ack };
    Duration at;
    std::uint64_t order;
    Kind kind;
    std::uint32_t bytes;

    bool operator>(const Event& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  // The far host: its state in this ping, and what Linux' delayed ACK (net/ipv4/tcp_input.c,
  // tcp_event_data_recv(), and tcp_timer.c, tcp_delack_timer_handler()) remembers beyond it.
  struct Receiver {
    std::uint32_t left = 0;            // bytes of the payload that have not arrived
    std::uint32_t unacknowledged = 0;  // bytes
    std::uint64_t timer = 0;           // the order of the delayed ACK that is due; 0: none
    bool was_late = false;  // a delayed ACK has been sent: it leaves "pingpong mode", and the
                            // program's next read is acknowledged at once
    Duration delay = kDelayedAck;  // follows the gaps between segments
    Duration longest_delay = kLongestDelayedAck;
    Duration last_arrival{0};

    void note_arrival(Duration at) {
      const Duration gap = at - last_arrival;
      last_arrival = at;
      if (gap <= kDelayedAck / 2) {
        delay = delay / 2 + kDelayedAck / 2;
      } else if (gap < delay) {
        delay = delay / 2 + gap;
      }
    }
  };

  std::uint64_t add(Duration at, Event::Kind kind, std::uint32_t bytes) {
    events_.push({.at = at, .order = ++order_, .kind = kind, .bytes = bytes});
    return order_;
  }

  Event take() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

  // Segments that arrive together, too, come one by one: the lab's hosts have no GRO.
  void receive(const Event& event) {
    receiver_.note_arrival(event.at);
    receiver_.left -= event.bytes;
    receiver_.unacknowledged += event.bytes;
    const bool is_all = receiver_.left == 0;
    if (receiver_.unacknowledged > mss_ || (is_all && receiver_.was_late)) {
      acknowledge(event.at);
    }
    if (is_all) {
      receiver_.timer = 0;
      add(event.at + host_share_, Event::Ack, 1);
    } else if (receiver_.unacknowledged > 0 && receiver_.timer == 0) {
      const Duration delay = std::min(receiver_.delay, receiver_.longest_delay);
      receiver_.timer = add(event.at + delay + kHalfTick, Event::DelayedAck, 0);
    }
  }

  void fire_delayed_ack(const Event& event) {
    if (event.order != receiver_.timer) {
      return;  // what it was for has been acknowledged
    }
    receiver_.delay = receiver_.was_late ? 2 * receiver_.delay : kDelayedAck;
    receiver_.was_late = true;
    acknowledge(event.at);
  }

  void acknowledge(Duration at) {
    add(at, Event::TcpAck, 0);
    receiver_.unacknowledged = 0;
    receiver_.timer = 0;
  }

  // Puts a packet on the link.
  void send(const Event& event) {
    const Direction direction = event.kind == Event::Payload ? Direction::Down : Direction::Up;
    const auto due = model_.send(direction, event.at, event.bytes + kTcpIpHeader);
    if (event.kind == Event::TcpAck) {
      return;  // a later one makes up for a lost one
    }
    if (!due) {
      result_.is_lossless = false;
      add(event.at + kRetransmission, event.kind, event.bytes);
    } else if (event.kind == Event::Payload) {
      add(*due, Event::Arrival, event.bytes);
    } else {
      result_.acked_at = *due;
    }
  }

  LinkModel model_;
  std::uint32_t mss_;
  Duration host_share_;  // of each host: half of what both add to a round trip
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  Receiver receiver_;
  Result result_;
};

}  // namespace

Mss mss_of(const Profile& profile) {
  return Mss(profile.mtu - kTcpIpHeader);
}

std::map<PayloadSize, std::vector<Duration>> predict(const Profile& profile,
                                                     const PredictionOptions& options) {
  PingPong peers(profile, options.seed);
  Duration now = -profile.host / 2;  // the first packet enters the link at 0
  std::map<PayloadSize, std::vector<Duration>> series;
  for (std::uint32_t round = 0; round <= options.rounds; ++round) {
    for (const PayloadSize size : options.sizes) {
      const auto ping = peers.ping(now, size);
      if (round > 0 && ping.is_lossless) {  // round 0 is the warm-up
        series[size].push_back(ping.acked_at - now);
      }
      now = ping.acked_at;
    }
  }
  return series;
}

}  // namespace tcpstep
