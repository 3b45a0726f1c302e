#include "lib/sweep/connection_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/host/doctor.h"
#include "lib/protocol/messages.h"
#include "lib/sweep/black_hole.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Payload bytes: less than any host's smallest reassembly buffer, 576 bytes (RFC 791), holds.
constexpr std::uint32_t kFitsAnyPath = 500;
constexpr Duration kTimestampsFrom = 200us;  // there, their cost is below 1 % of the RTT

// What an unprivileged process may use, such as "reno cubic"; empty if unknown.
std::string allowed_congestion_controls() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
  std::string names;
  std::getline(file, names);
  return names;
}

void set_congestion_control(TcpConnection& peer, const std::string& wanted,
                            ConnectionFacts& facts) {
  const auto result = wanted == "system" ? CongestionResult::Set
                                         : tcpstep::set_congestion_control(peer.fd(), wanted);
  if (result == CongestionResult::Set) {
    return;
  }
  facts.warnings.emplace_back("other_congestion_control");
  facts.causes.push_back(
      warning_now(result == CongestionResult::NotPermitted ? "congestion_not_permitted"
                                                           : "congestion_not_offered",
                  {{"requested_congestion_control", wanted},
                   {"effective_congestion_control", peer.path_info().congestion_control},
                   {"allowed", allowed_congestion_controls()}}));
}

void set_busy_poll(TcpConnection& peer, std::chrono::microseconds wanted, ConnectionFacts& facts) {
  facts.busy_poll = peer.set_busy_poll(wanted);
  if (facts.busy_poll < wanted) {
    facts.warnings.emplace_back("no_busy_poll");
  }
}

// Starts the kernel's timestamps on `peer`, whose RTT is about `rtt`.
void apply_timestamps(TcpConnection& peer, const RunSettings& settings, Duration rtt,
                      ConnectionFacts& facts) {
  const TimestampMode mode = settings.timestamps;
  TimestampSource wanted = TimestampSource::Off;
  if (mode == TimestampMode::Software || (mode == TimestampMode::Auto && rtt >= kTimestampsFrom)) {
    wanted = TimestampSource::Software;
  } else if (mode == TimestampMode::Hardware) {
    const bool is_ready = facts.interface.can_stamp && start_card_stamps(facts.interface.name);
    wanted = is_ready ? TimestampSource::Hardware : TimestampSource::Software;
    if (!is_ready) {
      facts.warnings.emplace_back("no_hardware_timestamps");
    }
  }
  facts.timestamps = peer.set_timestamps(
      wanted, settings.framing == Framing::WebSocket ? TcpAckStamps::On : TcpAckStamps::Off);
  if (facts.timestamps != wanted) {
    facts.warnings.emplace_back("no_timestamps");
  }
}

// As a ping of `size`, for a client that waits for `accept`: a frame with white space behind its
// JSON.
void probe_by_frame(TcpConnection& peer, PayloadSize size, Duration timeout) {
  std::string json = encode(Queued{.ahead = 0});
  json.resize(std::clamp<std::size_t>(size.bytes(), json.size(), kLargestFrame), ' ');
  if (peer.send_all(bytes_of(encode_frame(json))) != PingStatus::Ok ||
      !peer.wait_until_acknowledged(timeout)) {
    throw WorldError(fmt::format("{} bytes were not acknowledged within {}", size.bytes(),
                                 format_duration(timeout)),
                     std::string(kBlackHoleRemedy));
  }
}

}  // namespace

bool is_fresh_downward(const SweepSpec& sweep) {
  return sweep.connection == ConnectionMode::Fresh && sweep.direction == MeasuredDirection::Down;
}

std::optional<PayloadSize> probe_size(const SweepSpec& sweep, std::optional<Mss> mss) {
  const auto sizes = sweep.sizes.resolve(mss);
  const bool is_needed = sweep.sizes.has_boundaries || sweep.warmup_rounds == 0;
  if (!is_needed || !sizes || sizes->back().bytes() <= kFitsAnyPath) {
    return std::nullopt;
  }
  const auto fills = [&](PayloadSize size) { return mss && size.bytes() >= mss->bytes(); };
  const auto found = std::ranges::find_if(*sizes, fills);
  return found == sizes->end() ? sizes->back() : *found;
}

ConnectionFacts prepare_for_sweep(TcpConnection& peer, const RunSettings& settings,
                                  Duration opening_rtt) {
  peer.set_io_timeout(settings.wait_limit());
  peer.set_wait(settings.scheduling.wait);
  ConnectionFacts facts;
  facts.interface = describe_interface(peer.local_address());
  set_congestion_control(peer, settings.congestion_control, facts);
  set_busy_poll(peer, settings.busy_poll, facts);
  facts.path = peer.path_info();
  if (const auto size = probe_size(settings.sweep, facts.path.mss);
      size && is_fresh_downward(settings.sweep)) {
    probe_by_frame(peer, *size, settings.wait_limit());
    facts.path = peer.path_info();
  }
  Sample so_far;
  peer.explain(so_far, Duration(0));
  const auto shortest = so_far.evidence.min_rtt_us;
  const Duration rtt =
      std::min<Duration>(opening_rtt, std::chrono::microseconds(shortest.value_or(0)));
  apply_timestamps(peer, settings, rtt, facts);
  if (facts.path.congestion_control == "bbr") {
    facts.warnings.emplace_back("bbr");
  }
  for (const Warning& warning : interface_warnings(facts.interface)) {
    facts.warnings.push_back(warning.key);
  }
  return facts;
}

}  // namespace tcpstep
