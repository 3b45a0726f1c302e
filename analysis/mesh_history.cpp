#include "analysis/mesh_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "analysis/report.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/compare/render_history.h"
#include "lib/runfile/mesh_folder.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

// "n1_n2.csv.zst" of "20261128T010000Z_n1_n2.csv.zst", without the suffix of an archive.
std::string pair_in(const fs::path& file) {
  std::string name = file.filename();
  name.erase(0, name.find('_') + 1);
  return name.substr(0, name.find(".csv"));
}

void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      work(i);
    }
  };
  std::vector<std::jthread> helpers;
  while (helpers.size() + 1 < std::min<std::size_t>(processors(), count)) {
    helpers.emplace_back(take);
  }
  take();
}

struct PairResult {
  std::vector<History> histories;  // several, if its runs are of several kinds
  std::vector<std::string> failures;
};

PairResult history_of_pair(const std::vector<fs::path>& files, const HistoryOptions& options,
                           double alpha) {
  PairResult result;
  std::vector<Run> runs;
  for (const fs::path& file : files) {
    try {
      runs.push_back(read_run(file, options.clock));
      runs.back().divide(options.by);
    } catch (const WorldError& error) {
      result.failures.push_back(message_of(error));
    } catch (const std::system_error& error) {
      result.failures.push_back(message_of(error));
    }
  }
  HistorySettings settings = options.settings;
  settings.alpha = alpha;
  result.histories = histories(std::move(runs), settings);
  return result;
}

bool has_changed(const PairResult& pair) {
  return std::ranges::any_of(pair.histories, [](const History& history) {
    return !history.changes.empty() || history.creep;
  });
}

bool is_slower(const History& history) {
  return history.trend == Trend::Slower;
}

// The two hosts of "n1_n2" or "n1_n2.up".
std::optional<std::pair<std::string, std::string>> hosts_of(const std::string& link) {
  const std::size_t middle = link.find('_');
  if (middle == std::string::npos) {
    return std::nullopt;
  }
  std::string to = link.substr(middle + 1);
  for (const std::string_view suffix : {".fresh", ".up"}) {
    if (to.ends_with(suffix)) {
      to.resize(to.size() - suffix.size());
    }
  }
  return std::pair(link.substr(0, middle), std::move(to));
}

std::string day_of_change(const History& history) {
  return history.creep ? "gradually"
                       : "since " + utc(history.points[history.changes.back().first].started);
}

}  // namespace

std::vector<std::vector<fs::path>> files_by_pair(const std::vector<fs::path>& files) {
  std::map<std::string, std::vector<fs::path>> pairs;
  std::map<fs::path, bool> is_mesh;
  for (const fs::path& file : files) {
    const fs::path folder = file.parent_path();
    const auto [known, is_new] = is_mesh.emplace(folder, false);
    if (is_new) {
      std::error_code ignored;
      known->second = fs::exists(folder / ".." / kMeshPlanName, ignored);
    }
    if (!known->second) {
      return {};
    }
    pairs[pair_in(file)].push_back(file);
  }
  if (pairs.size() < 2) {
    return {};
  }
  std::vector<std::vector<fs::path>> result;
  for (auto& [name, of_pair] : pairs) {
    std::ranges::sort(of_pair);
    result.push_back(std::move(of_pair));
  }
  return result;
}

MeshHistory mesh_history(const std::vector<std::vector<fs::path>>& pairs,
                         const HistoryOptions& options) {
  std::vector<PairResult> results(pairs.size());
  const double alpha = options.settings.alpha;
  const double of_each = alpha / static_cast<double>(std::max<std::size_t>(pairs.size(), 1));
  side_by_side(pairs.size(), [&](std::size_t i) {
    results[i] = history_of_pair(pairs[i], options, alpha);
    if (has_changed(results[i]) && pairs.size() > 1) {
      results[i].histories = history_of_pair(pairs[i], options, of_each).histories;
    }
  });
  MeshHistory mesh;
  for (PairResult& result : results) {
    std::ranges::move(result.histories, std::back_inserter(mesh.pairs));
    std::ranges::move(result.failures, std::back_inserter(mesh.failures));
  }
  return mesh;
}

std::vector<std::string> slower_in_mesh(const std::vector<History>& pairs) {
  std::map<std::string, std::size_t> paths;   // of each host
  std::map<std::string, std::size_t> slower;  // of them
  for (const History& history : pairs) {
    if (const auto hosts = hosts_of(history.link)) {
      for (const std::string& host : {hosts->first, hosts->second}) {
        ++paths[host];
        slower[host] += is_slower(history) ? 1U : 0U;
      }
    }
  }
  std::vector<std::string> lines;
  std::set<std::string> blamed;
  for (const auto& [host, count] : paths) {
    if (count > 2 && 2 * slower[host] > count) {
      blamed.insert(host);
      lines.push_back(fmt::format("host {}: {} of {} are slower", printable(host), slower[host],
                                  count_of(count, "path")));
    }
  }
  for (const History& history : pairs) {
    const auto hosts = hosts_of(history.link);
    const bool is_told = hosts && (blamed.contains(hosts->first) || blamed.contains(hosts->second));
    if (is_slower(history) && !is_told) {
      lines.push_back(fmt::format("path {}: slower {}",
                                  hosts ? printable(hosts->first) + " → " + printable(hosts->second)
                                        : printable(history.link),
                                  day_of_change(history)));
    }
  }
  return lines;
}

}  // namespace tcpstep
