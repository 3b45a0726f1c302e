// The warnings of runs: result files hold their keys only, and the facts for their texts.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/warning_table.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// What was recorded when the runs were made, and what their RTTs show: those that change how to
// read the numbers come first. Facts are those of the first run.
[[nodiscard]] std::vector<Warning> warnings_in_words(const LinkRuns& runs);

// The keys that the header of a run has; and these in words.
[[nodiscard]] std::set<std::string> recorded_warnings(const RunHeader& header);
[[nodiscard]] std::vector<Warning> warnings_in_words(const RunHeader& header);

[[nodiscard]] const Warning* find_warning(std::span<const Warning> warnings, std::string_view key);

// What to do about a warning that several links or hosts share: their interfaces may differ.
[[nodiscard]] std::string shared_remedy(const Warning& one, const Warning& other);

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
