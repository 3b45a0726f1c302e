// Any bytes as a result file, read fast and strictly: what the fast way accepts, the strict one
// reads as the same samples; what the strict one refuses, the fast one has not accepted.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "lib/runfile/run.h"

namespace {

using namespace tcpstep;

RunReader reader_of(const std::string& text) {
  return {ByteSource(std::make_unique<std::istringstream>(text)), "fuzz"};
}

bool is_same(const Run& one, const Run& other) {
  if (one.key != other.key || one.status() != other.status() ||
      one.series.size() != other.series.size()) {
    return false;
  }
  for (const auto& [size, series] : one.series) {
    const auto found = other.series.find(size);
    if (found == other.series.end()) {
      return false;
    }
    const SizeSeries& same = found->second;
    if (same.lost != series.lost || same.resent != series.resent ||
        same.unstamped != series.unstamped || same.segments != series.segments ||
        !std::ranges::equal(same.rtts.first_samples(), series.rtts.first_samples())) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const RttClock clock = size % 2 == 0 ? RttClock::Application : RttClock::Kernel;
  std::optional<Run> strict;
  try {
    RunReader reader = reader_of(text);
    strict = read_run(reader, "fuzz", clock);
  } catch (const RunFileError&) {
  }
  try {
    RunReader reader = reader_of(text);
    const auto fast = scan_run(reader, "fuzz", clock, 1);
    if (fast && (!strict || !is_same(*fast, *strict))) {
      std::abort();
    }
  } catch (const RunFileError&) {
    if (strict) {
      std::abort();
    }
  }
  return 0;
}
