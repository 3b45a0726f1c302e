// Any bytes as a result file: read, pooled, tabulated; never a crash, and never a better
// minimum in a cut file than in the whole one.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include "lib/report/penalty_table.h"
#include "lib/report/render.h"

namespace {

using namespace tcpstep;

// Samples and fastest RTT of what can be read before an error, if there is one.
struct Read {
  std::uint64_t samples = 0;
  Duration fastest = Duration::max();
};

Read read_rows(const std::string& text) {
  Read result;
  try {
    RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "fuzz");
    while (const auto row = reader.next()) {
      if (row->rtt) {
        ++result.samples;
        result.fastest = std::min(result.fastest, *row->rtt);
      }
    }
  } catch (const RunFileError&) {
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (size % 4 == 0) {
    const Read whole = read_rows(text);
    const Read cut = read_rows(text.substr(0, size - size / 3));
    if (cut.samples > whole.samples || cut.fastest < whole.fastest) {
      std::abort();
    }
  }
  try {
    RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "fuzz");
    RunCollection runs;
    runs.add(read_run(reader, "fuzz", RttClock::Application));
    const PenaltyTable tables[] = {penalty_table(runs.links()[0], Statistic::minimum())};
    static_cast<void>(size % 4 == 0   ? render_text(tables)
                      : size % 4 == 1 ? render_json(tables)
                      : size % 4 == 2 ? render_csv(tables)
                                      : render_markdown(tables));
  } catch (const RunFileError&) {
  }
  return 0;
}
