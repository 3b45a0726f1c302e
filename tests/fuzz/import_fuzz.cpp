// Any bytes as a file of another tool, chosen by the first one: read or refused, never a crash, and
// never a time that no result file may hold.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/runfile/foreign_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const tcpstep::ForeignRun run = data[0] == 's'   ? tcpstep::parse_sockperf_log(text, "fuzz")
                                    : data[0] == 'l' ? tcpstep::parse_lagscope_log(text, "fuzz")
                                                     : tcpstep::parse_irtt_json(text, "fuzz");
    if (run.pings.empty()) {
      std::abort();
    }
    for (const tcpstep::ForeignPing& ping : run.pings) {
      if (ping.start.count() < 0 || (ping.rtt && ping.rtt->count() < 1)) {
        std::abort();
      }
    }
  } catch (const tcpstep::ForeignFileError&) {
  }
  return 0;
}
