// The "# key: value" lines above the samples, and the trailer below them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

inline constexpr std::string_view kRunFormat = "tcpstep-result/1";
inline constexpr std::string_view kRunColumns =
    "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,delivered,"
    "cwnd_segments,srtt_us,min_rtt_us,peer_retransmits,doubtful,status";
// Of a run with a browser, whose kernel acknowledges a payload before the page acks it.
inline constexpr std::string_view kBrowserRunColumns =
    "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,delivered,"
    "cwnd_segments,srtt_us,min_rtt_us,peer_retransmits,doubtful,tcp_ack_ns,status";
// Of a run with a peer that would reject the columns about the ack.
inline constexpr std::string_view kOldRunColumns =
    "round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,delivered,"
    "cwnd_segments,srtt_us,min_rtt_us,status";

// What an RTT may depend on besides the hosts and the path, and what people call it. Tables say
// where the runs that they pool differ in a setting; a comparison names whatever differs.
struct Circumstance {
  std::string_view key;
  std::string_view name;
  bool is_setting = false;
};
inline constexpr std::array kCircumstances{
    Circumstance{"governor", "governor"},
    Circumstance{"mss_bytes", "MSS"},
    Circumstance{"path_mtu_bytes", "path MTU"},
    Circumstance{"effective_congestion_control", "congestion control", true},
    Circumstance{"initial_cwnd_segments", "initial window"},
    Circumstance{"tcp_options", "TCP options"},
    Circumstance{"effective_nodelay", "nodelay"},
    Circumstance{"effective_timestamps", "timestamps", true},
    Circumstance{"interface_speed", "interface speed"},
    Circumstance{"interface_offloads", "offloads"},
    Circumstance{"interface_coalescing", "coalescing"},
    Circumstance{"interface_qdisc", "qdisc"},
    Circumstance{"wait", "waiting", true},
    Circumstance{"effective_cpu", "pinned to CPU", true},
    Circumstance{"effective_realtime", "realtime", true},
    Circumstance{"effective_busy_poll_us", "busy poll", true},
    Circumstance{"clock", "clock"},
    Circumstance{"clocksource", "clocksource"},
    Circumstance{"sizes_bytes", "sizes", true},
    Circumstance{"rounds", "rounds"},
    Circumstance{"warmup_rounds", "warm-up rounds"},
    Circumstance{"order", "order of sizes", true},
    Circumstance{"interval_ns", "interval", true},
    Circumstance{"fill", "fill", true},
    Circumstance{"warnings", "warnings"},
    Circumstance{"lab_faithful", "lab faithful"}};

// Key/value facts of a run, in order. Keys are [a-z0-9_]+; values are made safe for CSV readers.
class RunHeader {
 public:
  // Adds one fact; an empty value is left out, so that absent never looks like known.
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value);

  // The value of `key`, or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;

  // Shorthands for the facts that analysis needs.
  [[nodiscard]] std::string_view link() const;  // "unnamed" if the file does not say
  [[nodiscard]] std::optional<Mss> mss() const;
  [[nodiscard]] bool is_virtual() const { return find("lab_time") == "virtual"; }

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& facts() const {
    return facts_;
  }

  auto operator<=>(const RunHeader&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

// The last line: only with it is a run whole.
struct RunTrailer {
  std::string status;         // "complete", "interrupted", "timeout", "reset", ...
  std::uint64_t samples = 0;  // rows with status ok and a round above 0
  std::uint64_t lost = 0;     // rows with another status and a round above 0
  Duration elapsed{0};
  std::optional<Mss> changed_mss;  // the MSS at the end, if it is not the header's
};

inline constexpr std::string_view kComplete = "complete";
inline constexpr std::string_view kLimit = "limit";        // longer than the server permits
inline constexpr std::string_view kRepaired = "repaired";  // cut by a crash, ended by hand

}  // namespace tcpstep
