// Raw samples of other tools, where they carry payload size and time, and their import.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/units.h"
#include "lib/runfile/output_file.h"

namespace tcpstep {

// A file that is not what that tool writes, or that holds what a result file cannot:
// "log.csv:17: the time '1,5' is not a number of seconds".
class ForeignFileError : public WorldError {
 public:
  using WorldError::WorldError;
};

// What a result file can hold.
inline constexpr Duration kLongestForeignRtt = std::chrono::hours(24);
inline constexpr Duration kLongestForeignRun = std::chrono::days(100);

struct ForeignPing {
  Duration start{0};            // since the first ping of the file
  std::optional<Duration> rtt;  // empty: lost
};

// One file: one payload size.
struct ForeignRun {
  PayloadSize size{1};
  std::vector<ForeignPing> pings;                          // at least one
  std::vector<std::pair<std::string, std::string>> facts;  // what the file says, as header keys
};

// The log of sockperf --full-log (3.7). Its third column is half an RTT without --full-rtt, so the
// RTT is taken from the two times beside it: twice what sockperf prints. Messages that were dropped
// are not in the log.
[[nodiscard]] ForeignRun parse_sockperf_log(std::string_view text, std::string_view name);

// The text without the byte-order mark that some tools put in front.
[[nodiscard]] inline std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

// The JSON of irtt client -o (json_format 1, irtt 0.9.0 to 0.9.2). RTTs are without the server's
// processing time, as irtt itself counts them.
[[nodiscard]] ForeignRun parse_irtt_json(std::string_view text, std::string_view name);

// The output of lagscope -V, whose reply lines have size and time. Its clock has seconds, so the
// starts are that exact. The output of lagscope -R has no size and cannot be imported.
[[nodiscard]] ForeignRun parse_lagscope_log(std::string_view text, std::string_view name);

// Writes a complete run. The n-th ping of each size is its n-th round. What the tool does not
// record, such as the MSS, is absent. `tool` is what the header calls the other tool.
void write_imported(std::span<const ForeignRun> runs, std::string_view tool, std::string_view link,
                    OutputFile output);

}  // namespace tcpstep
