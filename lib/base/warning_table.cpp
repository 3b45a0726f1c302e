#include "lib/base/warning_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "lib/base/escape.h"

namespace tcpstep {
namespace {

constexpr auto kTable = std::to_array<WarningRow>({
    {.key = "seen_from_here",
     .text = "Timed here, from one ack to the next: a little longer than the RTTs of this run.",
     .remedy = "{samples_elsewhere}",
     .is_of_packets = true},
    {.key = kSegmentsMerged,
     .text = "Packets are merged by the measuring host ({merged_by}): steps after the first are "
             "too small.",
     .remedy = "{switch_off}",
     .now = "{interface} may carry several segments as one packet ({interface_offloads})",
     .is_of_packets = true},
    {.key = "bbr",
     .text = "BBR paces the segments of a payload apart.",
     .remedy = "Use --congestion cubic, unless BBR is what you study.",
     .is_of_packets = true},
    {.key = "rtt_below_wakeup",
     .text = "RTTs depend on which processors both programs ran on: a sleeping thread takes "
             "{wakeup} to wake up here.",
     .remedy = "Pin both ends with --cpu, or use --wait spin on idle processors."},
    {.key = "browser",
     .text = "The client was a browser, which adds about {added} to each ping.",
     .remedy = "On a slow uplink a part of it hides behind TCP ACKs, and penalties are too "
               "low{by_points}. Where that matters, and below 2 ms, use tcpstep-client."},
    {.key = "other_load",
     .text = "Other programs were running (load {load}).",
     .remedy = "Stop them, or expect a long tail; the fastest pings suffer least.",
     .now = "other programs are running (load {load} on {processors})"},
    {.key = "one_processor",
     .text = "Only one processor was available.",
     .remedy = "Use --wait block, and stop other programs while measuring.",
     .now = "only one processor is available"},
    {.key = "rtt_near_clock",
     .text = "The shortest RTT is less than 100 readings of the clock ({reading} each).",
     .remedy = "Do not trust differences below 1 %."},
    {.key = "slow_clock",
     .text = "Reading the clock ({clocksource}) is slow.",
     .remedy = "See /sys/devices/system/clocksource/clocksource0/available_clocksource, and write "
               "a faster one, such as tsc, to current_clocksource there.",
     .now = "reading the clock ({clocksource}) takes {reading}"},
    {.key = "other_congestion_control",
     .text = "The congestion control was {effective_congestion_control}, not "
             "{requested_congestion_control}.",
     .remedy = "See net.ipv4.tcp_available_congestion_control, or choose another one with "
               "--congestion.",
     .is_of_packets = true},
    {.key = "congestion_not_permitted",
     .text = "Congestion control {requested_congestion_control} is not permitted to this user: the "
             "run used {effective_congestion_control}.",
     .remedy = "To permit it: sysctl net.ipv4.tcp_allowed_congestion_control='{allowed} "
               "{requested_congestion_control}'",
     .cause_of = "other_congestion_control"},
    {.key = "congestion_not_offered",
     .text = "This kernel does not offer congestion control {requested_congestion_control}: the "
             "run used {effective_congestion_control}.",
     .remedy = "To load it: modprobe tcp_{requested_congestion_control}",
     .cause_of = "other_congestion_control"},
    {.key = "no_realtime",
     .text = "The run had no real-time priority, although --realtime asks for it.",
     .remedy = "Run as root, or: setcap cap_sys_nice,cap_ipc_lock+ep {program}",
     .now = "continuing without --realtime: SCHED_FIFO: {error}"},
    {.key = "no_mlock",
     .text = "Memory was not locked, although --realtime asks for it.",
     .remedy = "Raise the limit (ulimit -l), or run as root.",
     .now = "--realtime: mlockall: {error}"},
    {.key = "no_busy_poll",
     .text = "The kernel polled the card for {effective_busy_poll_us} µs instead of "
             "{requested_busy_poll_us} µs.",
     .remedy = "--busy-poll needs root or CAP_NET_ADMIN, and a kernel and a card that support it."},
    {.key = "no_timestamps",
     .text = "The kernel provided no timestamps.",
     .remedy = "The columns kernel_rtt_ns and send_stack_ns stay empty."},
    {.key = "no_hardware_timestamps",
     .text = "{interface} provided no hardware timestamps: the kernel's were used instead.",
     .remedy = "They need root, and a card of which tcpstep doctor says: card timestamps yes."},
    {.key = "deep_idle",
     .text = "Idle processors were in deep sleep states.",
     .remedy = "cpupower idle-set -D 10, or hold /dev/cpu_dma_latency at 0 while measuring",
     .now = "an idle processor takes up to {idle_exit} to wake up"},
    {.key = "governor",
     .text = "The frequency governor was {governor}.",
     .remedy = "cpupower frequency-set -g performance",
     .now = "the frequency governor is {governor}"},
    {.key = "virtual_machine",
     .text = "The measuring host is a virtual machine.",
     .remedy = "Its host may take the processor away: trust the fastest pings, and repeat runs.",
     .now = "this is a virtual machine ({virtualization})"},
});

// `text` with the fact in place of each {name}.
std::string with_facts(std::string_view text, const FactOf& fact_of) {
  std::string result;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
    const std::size_t close = text.find('}', open);
    assert(close != std::string_view::npos);
    result += text.substr(0, open);
    result += fact_of(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  return result += text;
}

}  // namespace

std::span<const WarningRow> warning_table() {
  return kTable;
}

const WarningRow* find_row(std::string_view key) {
  const auto* const row = std::ranges::find(kTable, key, &WarningRow::key);
  return row == kTable.end() ? nullptr : row;
}

std::ptrdiff_t rank_of_warning(std::string_view key) {
  return std::ranges::find(kTable, key, &WarningRow::key) - kTable.begin();
}

void sort_by_rank(std::vector<Warning>& warnings) {
  std::ranges::stable_sort(warnings, {},
                           [](const Warning& warning) { return rank_of_warning(warning.key); });
}

Warning warning_of_run(std::string_view key, const FactOf& fact_of) {
  const WarningRow* const row = find_row(key);
  if (row == nullptr) {
    return {.key = std::string(key),
            .text = fmt::format("This version of tcpstep does not know the warning '{}'.",
                                visible(key)),
            .remedy = "Read the file with the version that wrote it."};
  }
  return {.key = std::string(key),
          .text = with_facts(row->text, fact_of),
          .remedy = with_facts(row->remedy, fact_of)};
}

Warning warning_now(std::string_view key,
                    const std::vector<std::pair<std::string_view, std::string>>& facts) {
  const FactOf fact_of = [&](std::string_view name) -> std::string {
    const auto fact = std::ranges::find(facts, name, [](const auto& entry) { return entry.first; });
    assert(fact != facts.end());
    return fact->second.empty() ? "unknown" : fact->second;
  };
  const WarningRow* const row = find_row(key);
  assert(row != nullptr);
  return {.key = std::string(row->cause_of.empty() ? key : row->cause_of),
          .text = with_facts(row->now.empty() ? row->text : row->now, fact_of),
          .remedy = with_facts(row->remedy, fact_of)};
}

}  // namespace tcpstep
