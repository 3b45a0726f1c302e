// The text of warnings: result files hold their keys only.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// What was recorded when the runs were made, and what their RTTs show: those that change how to
// read the numbers come first. Facts are those of the first run.
[[nodiscard]] std::vector<Warning> warnings_in_words(const LinkRuns& runs);

// The keys that the header of a run has; and these in words.
[[nodiscard]] std::set<std::string> recorded_warnings(const RunHeader& header);
[[nodiscard]] std::vector<Warning> warnings_in_words(const RunHeader& header);

// The one that changes what every additional packet costs: it is named wherever there is any room.
inline constexpr std::string_view kSegmentsMerged = "segments_merged";
[[nodiscard]] const Warning* find_warning(std::span<const Warning> warnings, std::string_view key);

// By importance: those that change how to read the numbers have the lowest.
[[nodiscard]] std::ptrdiff_t rank_of_warning(std::string_view key);

// As every JSON output has them: key, text, remedy.
template <class Json>
[[nodiscard]] Json warnings_json(std::span<const Warning> warnings) {
  Json list = Json::array();
  for (const Warning& warning : warnings) {
    list.push_back({{"key", warning.key}, {"text", warning.text}, {"remedy", warning.remedy}});
  }
  return list;
}

}  // namespace tcpstep
