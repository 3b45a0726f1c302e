#include "lib/runfile/import_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/text.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {

void write_imported(std::span<const ForeignRun> runs, std::string_view tool, std::string_view link,
                    OutputFile output) {
  RunHeader header;
  header.add("tool", fmt::format("{} (imported by {})", tool, version_and_git()));
  header.add("link", link);
  header.add("measured_by", tool);
  for (const ForeignRun& run : runs) {
    for (const auto& [key, value] : run.facts) {
      if (!header.find(key)) {  // of the first file that says it
        header.add(key, value);
      }
    }
  }
  std::map<PayloadSize, std::vector<ForeignPing>> series;
  std::size_t rounds = 0;
  Duration elapsed{0};
  for (const ForeignRun& run : runs) {
    auto& pings = series[run.size];
    pings.insert(pings.end(), run.pings.begin(), run.pings.end());
    rounds = std::max(rounds, pings.size());
  }
  RunWriter writer(std::move(output), header);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<Sample> samples;
    for (const auto& [size, pings] : series) {
      if (round < pings.size()) {
        const ForeignPing& ping = pings[round];
        samples.push_back({.round = static_cast<std::uint32_t>(round + 1),
                           .size = size,
                           .start = ping.start,
                           .rtt = ping.rtt.value_or(Duration::zero()),
                           .evidence = {},
                           .status = ping.rtt ? PingStatus::Ok : PingStatus::Timeout});
        elapsed = std::max(elapsed, ping.start + samples.back().rtt);
      }
    }
    writer.append(samples);
  }
  writer.finish(kComplete, elapsed);
}

}  // namespace tcpstep
