#include "analysis/selection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "analysis/common_options.h"
#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/runfile/mesh_folder.h"
#include "lib/runfile/run.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNamed = 6;  // in a message

bool matches(const std::string& pattern, std::string_view text) {
  return ::fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0;
}

std::optional<UtcTime> start_of(const RunHeader& header) {
  return parse_utc(header.find("started_utc").value_or(""));
}

// "-" without a label.
std::string_view label_of(const RunHeader& header) {
  return header.find("label").value_or("-");
}

std::string day_of(UtcTime time) {
  return fmt::format("{:%Y-%m-%d}", std::chrono::time_point_cast<std::chrono::seconds>(time));
}

bool has_result_name(const fs::path& file) {
  const std::string name = file.filename().string();
  return !name.starts_with('.') &&
         (name.ends_with(".csv") || name.ends_with(".csv.gz") || name.ends_with(".csv.zst"));
}

// "a, b, c, …".
std::string some_of(const std::set<std::string>& names) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (++count > kMostNamed) {
      return text + ", …";
    }
    text += (count == 1 ? "" : ", ") + name;
  }
  return text;
}

// The index of a mesh is not a result file, and not worth a note.
bool is_mesh_index(const fs::path& file) {
  return file.filename() == kMeshIndexName;
}

// The folder, or the folders of days in that of a mesh.
std::vector<fs::path> folders_of(const fs::path& place) {
  std::error_code ignored;
  if (!fs::exists(place / kMeshPlanName, ignored)) {
    return {place};
  }
  std::vector<fs::path> days;
  for (const auto& entry : fs::directory_iterator(place)) {
    if (entry.is_directory(ignored) && !entry.path().filename().string().starts_with('.')) {
      days.push_back(entry.path());
    }
  }
  std::ranges::sort(days);
  return days;
}

// The files, each folder replaced by the result files in it.
std::vector<fs::path> files_of_places(const std::vector<fs::path>& places,
                                      std::vector<std::string>& notes) {
  std::vector<fs::path> files;
  std::set<fs::path> in_folders;
  std::set<fs::path> known;  // a file that is named and in a folder is meant once
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (!fs::is_directory(place, ignored)) {
      if (!in_folders.contains(place.lexically_normal())) {
        files.push_back(place);
      }
      known.insert(place.lexically_normal());
      continue;
    }
    std::set<fs::path> found;
    std::set<std::string> foreign;
    for (const fs::path& folder : folders_of(place)) {
      for (const auto& entry : fs::directory_iterator(folder)) {
        if (!entry.is_regular_file(ignored) || !has_result_name(entry.path()) ||
            is_mesh_index(entry.path())) {
          continue;
        }
        // What tcpstep-mesh puts there is not opened twice.
        if (folder != place || begins_as_result(entry.path())) {
          found.insert(entry.path());
        } else {
          foreign.insert(visible(entry.path().filename().native()));
        }
      }
    }
    if (found.empty()) {
      throw WorldError(
          fmt::format("no result file in {}", visible(place.native())),
          "Result files end in .csv, .csv.gz or .csv.zst. Folders in it are not searched.");
    }
    if (!foreign.empty()) {
      notes.push_back(fmt::format("{}: {} skipped, not tcpstep result files: {}",
                                  visible(place.native()), count_of(foreign.size(), "file"),
                                  some_of(foreign)));
    }
    for (const fs::path& file : found) {
      if (known.insert(file.lexically_normal()).second) {
        files.push_back(file);
        in_folders.insert(file.lexically_normal());
      }
    }
  }
  return files;
}

// Counts what filters leave out, and by which of them.
class Filtering {
 public:
  explicit Filtering(std::span<const RunFilter> filters) : filters_(filters) {}

  [[nodiscard]] bool keeps(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
      throw UsageError(fmt::format("{} needs files: {} is not one", filters_.front().option,
                                   visible(file.native())));
    }
    if (file == kStandardInput) {
      throw UsageError(fmt::format("{} needs files: standard input cannot be filtered",
                                   filters_.front().option));
    }
    try {
      const RunReader reader(file);
      return keeps(reader.header());
    } catch (const WorldError&) {
      return true;
    } catch (const std::system_error&) {
      return true;
    }
  }

  // "28 of 40 files left out: 12 by --since 7d, 16 by --link adsl".
  [[nodiscard]] std::string text(std::size_t files) const {
    std::vector<std::string> parts;
    for (const RunFilter& filter : filters_) {
      if (const auto found = left_out_.find(filter.option); found != left_out_.end()) {
        parts.push_back(fmt::format("{} by {}", found->second, filter.option));
      }
    }
    if (parts.size() == 1) {
      return fmt::format("{} of {} left out by {}", left_out_.begin()->second,
                         count_of(files, "file"), left_out_.begin()->first);
    }
    std::size_t sum = 0;
    for (const auto& [option, count] : left_out_) {
      sum += count;
    }
    return fmt::format("{} of {} left out: {}", sum, count_of(files, "file"),
                       fmt::join(parts, ", "));
  }

  // What there would have been.
  [[nodiscard]] std::string hint() const {
    return fmt::format("Available: {}; links {}; labels {}.",
                       !oldest_             ? std::string("unknown dates")
                       : oldest_ == newest_ ? day_of(*oldest_)
                                            : day_of(*oldest_) + " to " + day_of(*newest_),
                       some_of(links_), some_of(labels_));
  }

  [[nodiscard]] bool is_any_left_out() const { return !left_out_.empty(); }

 private:
  bool keeps(const RunHeader& header) {
    const auto filter =
        std::ranges::find_if(filters_, [&](const RunFilter& one) { return !one.keeps(header); });
    if (filter == filters_.end()) {
      return true;
    }
    ++left_out_[filter->option];
    links_.insert(visible(header.link()));
    labels_.insert(visible(label_of(header)));
    if (const auto start = start_of(header)) {
      oldest_ = std::min(oldest_.value_or(*start), *start);
      newest_ = std::max(newest_.value_or(*start), *start);
    }
    return false;
  }

  std::span<const RunFilter> filters_;
  std::map<std::string, std::size_t> left_out_;
  std::set<std::string> links_;
  std::set<std::string> labels_;
  std::optional<UtcTime> oldest_;
  std::optional<UtcTime> newest_;
};

}  // namespace

void declare_filters(CommandLine& line) {
  line.group("Which runs");
  line.value("since", "TIME", "only runs that began since then: 7d, 2026-11-20 (UTC)");
  line.value("until", "TIME", "only runs that began by then; a date includes that day");
  line.value("link", "GLOB", "only links that match: adsl, 'adsl*', adsl.up");
  line.value("label", "GLOB", "only labels that match; - for runs without one");
}

std::vector<RunFilter> filters_of(const OptionValues& values) {
  std::vector<RunFilter> filters;
  const auto add = [&](const std::string& name, auto keeps) {
    filters.push_back({.option = fmt::format("--{} {}", name, printable(values.text(name))),
                       .keeps = std::move(keeps)});
  };
  const UtcTime now = std::chrono::system_clock::now();
  const auto moment = [&](const std::string& name, bool is_end) {
    return values.get(name, [&](std::string_view text) { return parse_moment(text, now, is_end); });
  };
  if (values.has("since")) {
    add("since", [since = moment("since", false)](const RunHeader& header) {
      const auto start = start_of(header);
      return start && *start >= since;
    });
  }
  if (values.has("until")) {
    add("until", [until = moment("until", true)](const RunHeader& header) {
      const auto start = start_of(header);
      return start && *start < until;
    });
  }
  if (values.has("link")) {
    add("link", [pattern = values.text("link")](const RunHeader& header) {
      return matches(pattern, header.link()) || matches(pattern, key_of(header).name());
    });
  }
  if (values.has("label")) {
    add("label", [pattern = values.text("label")](const RunHeader& header) {
      return matches(pattern, label_of(header));
    });
  }
  return filters;
}

Selection selection_of(const OptionValues& values) {
  return {.places = files_of(values), .filters = filters_of(values)};
}

UtcTime parse_moment(std::string_view text, UtcTime now, bool is_end) {
  constexpr std::chrono::days kLongest(36500);
  const bool is_age = !text.empty() && text.front() >= '0' && text.front() <= '9' &&
                      text.find_first_of("-:") == std::string_view::npos;
  if (is_age) {
    return now - parse_duration(text, Duration(0), kLongest);
  }
  struct Notation {
    std::size_t length;
    std::string_view rest;
  };
  constexpr std::array<Notation, 4> kNotations{
      {{10, "T00:00:00Z"}, {16, ":00Z"}, {19, "Z"}, {20, ""}}};
  for (const auto& [length, rest] : kNotations) {
    const auto time =
        text.size() == length ? parse_utc(std::string(text) + std::string(rest)) : std::nullopt;
    if (time) {
      return length == 10 && is_end ? *time + std::chrono::days(1) : *time;
    }
  }
  throw UsageError(
      fmt::format("invalid time '{}'", printable(text)),
      "Expected an age such as 12h or 7d, or a time in UTC: 2026-11-20 or 2026-11-20T09:30.");
}

SelectedFiles select_files(const Selection& selection) {
  SelectedFiles selected;
  std::vector<fs::path> files = files_of_places(selection.places, selected.notes);
  if (selection.filters.empty()) {
    selected.files = std::move(files);
    return selected;
  }
  Filtering filtering(selection.filters);
  for (fs::path& file : files) {
    if (filtering.keeps(file)) {
      selected.files.push_back(std::move(file));
    }
  }
  if (selected.files.empty()) {
    throw WorldError("no runs match: " + filtering.text(files.size()), filtering.hint());
  }
  if (filtering.is_any_left_out()) {
    selected.notes.push_back(filtering.text(files.size()));
  }
  return selected;
}

std::vector<fs::path> files_to_read(const Selection& selection) {
  SelectedFiles selected = select_files(selection);
  for (const std::string& note : selected.notes) {
    print_message("tcpstep-analyze: " + note);
  }
  return std::move(selected.files);
}

}  // namespace tcpstep
