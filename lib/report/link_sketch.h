// All runs of one link in memory that does not grow with the number of their samples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "lib/report/link_facts.h"
#include "lib/runfile/run_reader.h"
#include "lib/stats/sample_sketch.h"

namespace tcpstep {

struct LinkSketch : LinkFacts {
  // The header of the first run, and the keys for which another run has another value.
  std::vector<std::pair<std::string, std::string>> header;
  std::set<std::string> varying;
  std::set<std::string> warnings;  // of any run

  // The counted samples of each size: warm-up, lost and retransmitted ones are not among them.
  std::map<PayloadSize, SampleSketch> series;

  [[nodiscard]] std::uint64_t samples() const;
};

// Reads one run in one pass, by `threads` threads if the file is large. Throws as RunReader does; a
// file in which something is wrong or unusual is read once more, by RunReader alone.
[[nodiscard]] LinkSketch read_sketch(const std::filesystem::path& file, RttClock clock,
                                     unsigned threads);

// The same run read by RunReader row by row, or only by RowScanner: nothing if that gives up.
// These two are compared by tests. Of a file that is not compressed, each thread reads parts.
[[nodiscard]] LinkSketch read_sketch_strictly(RunReader& run, RttClock clock);
[[nodiscard]] std::optional<LinkSketch> scan_sketch(RunReader& run, RttClock clock,
                                                    unsigned threads,
                                                    const std::filesystem::path& plain_file = {});

// Runs by link and MSS, in the order in which these first came.
class SketchCollection {
 public:
  // False if that run has been added before, from another file: then it counts once.
  bool add(LinkSketch run);
  [[nodiscard]] std::span<const LinkSketch> links() const { return links_; }

 private:
  std::vector<LinkSketch> links_;
  std::set<std::string> known_runs_;
};

}  // namespace tcpstep
