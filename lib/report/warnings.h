// The text of warnings: result files hold their keys only.
#pragma once

#include <span>
#include <vector>

#include "lib/base/error.h"
#include "lib/report/penalty_table.h"

namespace tcpstep {

// What was recorded when the runs were made, and what their RTTs show: those that change how to
// read the numbers come first. Facts are those of the first run.
[[nodiscard]] std::vector<Warning> warnings_in_words(const LinkRuns& runs);

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
