// Notes below tables, whatever these are rendered as.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/base/text.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

constexpr std::size_t kMostNamedHosts = 6;

// "4 runs of 3 labels are pooled: anna, ben, -."
Warning pooled(const PenaltyTable& table, const std::vector<std::string>& names,
               std::string_view what, std::string_view part) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamedHosts); ++i) {
    list += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return {
      .key = {},
      .text = fmt::format("{} of {} {} are pooled: {}{}.", count_of(table.runs, "run"),
                          names.size(), what, list, names.size() > kMostNamedHosts ? ", …" : ""),
      .remedy = fmt::format("To tell them apart: --by {}.", part)};
}

}  // namespace

std::vector<Warning> notes_of(const PenaltyTable& table) {
  std::vector<Warning> notes;
  const bool is_up = table.senders.size() > table.receivers.size();
  if (const auto& clients = is_up ? table.senders : table.receivers; clients.size() > 1) {
    notes.push_back(pooled(table, clients, "hosts", "host"));
  }
  if (table.labels.size() > 1) {
    notes.push_back(pooled(table, table.labels, "labels", "label"));
  }
  for (const std::string& caveat : caveats(table)) {
    notes.push_back({.key = {}, .text = caveat, .remedy = {}});
  }
  notes.insert(notes.end(), table.warnings.begin(), table.warnings.end());
  return notes;
}

std::vector<Warning> shared_notes(std::span<const PenaltyTable> tables) {
  std::vector<std::pair<Warning, std::vector<std::string>>> found;
  const auto note = [&](const Warning& warning, const std::string& link) {
    const auto known = std::ranges::find_if(found, [&](const auto& entry) {
      const Warning& other = entry.first;
      return warning.key.empty() ? other.text == warning.text : other.key == warning.key;
    });
    if (known != found.end()) {
      known->first.remedy = shared_remedy(known->first, warning);
      known->second.push_back(link);
    } else {
      found.push_back({warning, {link}});
    }
  };
  for (const PenaltyTable& table : tables) {
    if (const std::string reason = why_no_penalties(table); !reason.empty()) {
      note({.key = {}, .text = reason, .remedy = {}}, table.link);
    }
    for (const Warning& warning : notes_of(table)) {
      note(warning, table.link);
    }
  }
  std::vector<Warning> notes;
  for (auto& [warning, links] : found) {
    std::string names;
    for (const std::string& link : links) {
      names += (names.empty() ? "" : ", ") + link;
    }
    notes.push_back(
        {.key = warning.key,
         .text = fmt::format("{}: {}", links.size() == tables.size() ? "all links" : names,
                             warning.text),
         .remedy = warning.remedy});
  }
  return notes;
}

}  // namespace tcpstep
