// Any bytes as a result file, read fast and strictly: what the fast way accepts, the strict one
// reads as the same samples; what the strict one refuses, the fast one has not accepted.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "lib/report/link_sketch.h"
#include "lib/stats/statistic.h"

namespace {

using namespace tcpstep;

RunReader reader_of(const std::string& text) {
  return {ByteSource(std::make_unique<std::istringstream>(text)), "fuzz"};
}

bool is_same(const LinkSketch& one, const LinkSketch& other) {
  if (one.lost != other.lost || one.retransmitted != other.retransmitted ||
      one.unstamped != other.unstamped || one.partial_runs != other.partial_runs ||
      one.moved_runs != other.moved_runs || one.series.size() != other.series.size()) {
    return false;
  }
  for (const auto& [size, sketch] : one.series) {
    const auto same = other.series.find(size);
    if (same == other.series.end() || same->second.size() != sketch.size() ||
        same->second.minimum() != sketch.minimum() || same->second.mean() != sketch.mean() ||
        same->second.quantile(0.5) != sketch.quantile(0.5)) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const RttClock clock : {RttClock::Application, RttClock::Kernel}) {
    std::optional<LinkSketch> strict;
    try {
      RunReader reader = reader_of(text);
      strict = read_sketch_strictly(reader, clock);
    } catch (const RunFileError&) {
    }
    try {
      RunReader reader = reader_of(text);
      const auto fast = scan_sketch(reader, clock, 1);
      if (fast && (!strict || !is_same(*fast, *strict))) {
        std::abort();
      }
    } catch (const RunFileError&) {
      if (strict) {
        std::abort();
      }
    }
  }
  return 0;
}
