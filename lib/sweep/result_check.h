// Checks result files of another host before they are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/units.h"
#include "lib/net/tcp_connection.h"
#include "lib/runfile/run_header.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// What the result has to agree with.
struct AgreedRun {
  RunHeader facts;  // this end's describe_lost_run()
  RunSettings settings;
  Duration longest{0};      // the run can have taken
  std::string status;       // that the other end has announced
  std::uint64_t acked = 0;  // pings that this end has acked since `ready`
  MssRange mss;             // that this end's socket can have seen
};

// Throws WorldError unless `text` is a complete result file of that run: the facts agreed on, the
// columns of this version, the sweep's pings in their order, one after the other within the time of
// the exchange, as many as were acked, a trailer, and nothing else. Returns the trailer.
RunTrailer check_result(std::string_view text, const AgreedRun& agreed);

// More bytes than the result of a run of so many pings has.
[[nodiscard]] std::uint64_t largest_result(std::uint64_t pings);

}  // namespace tcpstep
