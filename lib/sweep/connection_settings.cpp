#include "lib/sweep/connection_settings.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimestampsFrom = 200us;  // there, their cost is below 1 % of the RTT

// What an unprivileged process may use, such as "reno cubic"; empty if unknown.
std::string allowed_congestion_controls() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
  std::string names;
  std::getline(file, names);
  return names;
}

void set_congestion_control(TcpConnection& client, const std::string& wanted,
                            ConnectionFacts& facts) {
  const auto result = wanted == "system" ? CongestionResult::Set
                                         : tcpstep::set_congestion_control(client.fd(), wanted);
  if (result == CongestionResult::Set) {
    return;
  }
  const std::string used = client.path_info().congestion_control;
  if (result == CongestionResult::NotPermitted) {
    facts.warnings.push_back(
        {.key = "other_congestion_control",
         .text = fmt::format("congestion control {} is not permitted to this user", wanted),
         .remedy = fmt::format("The run uses {}. To permit it: sysctl "
                               "net.ipv4.tcp_allowed_congestion_control='{} {}'",
                               used, allowed_congestion_controls(), wanted)});
  } else {
    facts.warnings.push_back(
        {.key = "other_congestion_control",
         .text = fmt::format("this kernel does not offer congestion control {}", wanted),
         .remedy = fmt::format("The run uses {}. To load it: modprobe tcp_{}", used, wanted)});
  }
}

void set_busy_poll(TcpConnection& client, std::chrono::microseconds wanted,
                   ConnectionFacts& facts) {
  facts.busy_poll = client.set_busy_poll(wanted);
  if (facts.busy_poll < wanted) {
    facts.warnings.push_back(
        {.key = "no_busy_poll",
         .text = fmt::format("the kernel polls the card for {} µs instead of {} µs",
                             facts.busy_poll.count(), wanted.count()),
         .remedy = "--busy-poll needs root or CAP_NET_ADMIN, and a kernel and a card that can."});
  }
}

}  // namespace

void apply_settings(TcpConnection& client, const RunSettings& settings, ConnectionFacts& facts) {
  set_congestion_control(client, settings.congestion_control, facts);
  set_busy_poll(client, settings.busy_poll, facts);
}

void apply_timestamps(TcpConnection& client, TimestampMode mode, Duration rtt,
                      ConnectionFacts& facts) {
  TimestampSource wanted = TimestampSource::Off;
  if (mode == TimestampMode::Software || (mode == TimestampMode::Auto && rtt >= kTimestampsFrom)) {
    wanted = TimestampSource::Software;
  } else if (mode == TimestampMode::Hardware) {
    const bool is_ready = facts.interface.can_stamp && start_card_stamps(facts.interface.name);
    wanted = is_ready ? TimestampSource::Hardware : TimestampSource::Software;
    if (!is_ready) {
      facts.warnings.push_back(
          {.key = "no_hardware_timestamps",
           .text = fmt::format("{} does not support hardware timestamps", facts.interface.name),
           .remedy = facts.interface.can_stamp
                         ? "Starting them needs root. The kernel's are used instead."
                         : "The kernel's are used instead."});
    }
  }
  facts.timestamps = client.set_timestamps(wanted);
  if (facts.timestamps != wanted) {
    facts.warnings.push_back({.key = "no_timestamps",
                              .text = "this kernel gives no timestamps",
                              .remedy = "The columns kernel_rtt_ns and send_stack_ns stay empty."});
  }
}

}  // namespace tcpstep
