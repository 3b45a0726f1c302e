// What the end that measures was asked for, whoever asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/base/size_list.h"
#include "lib/base/units.h"
#include "lib/host/scheduling.h"
#include "lib/protocol/messages.h"
#include "lib/protocol/payload_source.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {

// When to ask for kernel timestamps. They cost about 1 µs a ping: Auto takes them where that is
// below 1 % of the RTT.
enum class TimestampMode : std::uint8_t { Auto, Off, Software, Hardware };

struct RunSettings {
  SweepOptions sweep;  // its sizes are empty until the MSS is known
  SizeList sizes;
  std::string sizes_text;             // as given, for the header
  std::optional<std::uint64_t> seed;  // empty: a fresh one for every run
  Duration interval{0};
  Duration timeout{0};  // of each ping
  // Of the run, as the server permits: what breaks off afterwards ends with kLimit.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  Fill fill = Fill::Random;
  std::string congestion_control;
  TimestampMode timestamps = TimestampMode::Auto;
  Scheduling scheduling;
  std::chrono::microseconds busy_poll{0};
  std::string link;
  std::string label;          // may be empty
  bool is_anonymous = false;  // no addresses and host names in the file
};

// What tells this run from others of the same settings.
struct RunIdentity {
  std::string run_id;
  bool is_negotiated = false;
  MeasuredDirection direction = MeasuredDirection::Down;  // Up: the client measures
  ConnectionMode connection = ConnectionMode::Warm;
  std::uint64_t concurrent_runs = 1;  // that the server permits at a time
  Environment peer;                   // facts about the host at the other end
};

// A version 4 UUID (RFC 9562, section 5.4).
[[nodiscard]] std::string make_run_id();

[[nodiscard]] std::uint64_t fresh_seed();

// The trailer's word for the end of a run.
[[nodiscard]] std::string_view end_of_run(PingStatus status, const RunSettings& settings);

}  // namespace tcpstep
