// The one table of what may distort a measurement: keys, importance, texts and remedies. Whoever
// finds something gives its key and facts; tables find the facts of a run in its header.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcpstep {

struct Warning {
  std::string key;     // [a-z0-9_]+, recorded in result files
  std::string text;    // what was found
  std::string remedy;  // what to do about it
};

// Text and remedy of a warning; {names} in them stand for facts.
struct WarningRow {
  std::string_view key;
  std::string_view text;    // of a run that is over
  std::string_view remedy;  // before and after a run
  std::string_view now{};   // of this host, before a run, if that is not `text`
  // Why, known only to the host that measures while it does: files have that other key.
  std::string_view cause_of{};
  bool is_of_packets = false;  // matters in virtual time, too, where no clock moves on a busy host
};

// By importance: what changes the steps, what moves all times, what only widens the tail.
[[nodiscard]] std::span<const WarningRow> warning_table();
// nullptr for a key that this version does not know.
[[nodiscard]] const WarningRow* find_row(std::string_view key);
// Unknown keys come last.
[[nodiscard]] std::ptrdiff_t rank_of_warning(std::string_view key);
void sort_by_rank(std::vector<Warning>& warnings);

// The text of a fact, safe to print; empty if it is unknown.
using FactOf = std::function<std::string(std::string_view name)>;

// Of a run that is over. Any key will do: a file may be of another version.
[[nodiscard]] Warning warning_of_run(std::string_view key, const FactOf& fact_of);
// Of this host, or why the connection got another setting; the key is one of the table.
[[nodiscard]] Warning warning_now(
    std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& facts = {});

// The one that changes what every additional packet costs: it is named wherever there is any room.
inline constexpr std::string_view kSegmentsMerged = "segments_merged";

}  // namespace tcpstep
