#include "analysis/mesh_history.h"

#include <algorithm>
#include <functional>
#include <map>
#include <system_error>
#include <utility>
#include <variant>

#include "analysis/report.h"
#include "lib/base/side_by_side.h"
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

struct PairResult {
  std::vector<History> histories;  // several, if its runs are of several kinds
  std::vector<std::string> failures;
};

PairResult history_of_pair(const std::vector<fs::path>& files, const HistoryOptions& options,
                           std::size_t pairs) {
  PairResult result;
  for (const LinkSeries& series :
       read_series(runs_of(files, options, Threads::One, result.failures), options.settings)) {
    result.histories.push_back(series.search_among(pairs, options.settings.alpha));
  }
  return result;
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

RunSource runs_of(const std::vector<fs::path>& files, const HistoryOptions& options,
                  Threads threads, std::vector<std::string>& failures) {
  return [&files, &options, &failures, threads](const TakeRun& take) {
    failures.clear();
    const auto take_read = [&](const fs::path& /*file*/, ReadRun read) -> std::function<void()> {
      if (auto* run = std::get_if<Run>(&read)) {
        run->divide(options.by);
        return take(std::move(*run));
      }
      return [&failures, message = std::move(std::get<std::string>(read))] {
        failures.push_back(message);
      };
    };
    if (threads == Threads::All) {
      reduce_each_run(files, options.clock, take_read);
      return;
    }
    for (const fs::path& file : files) {
      take_read(file, try_to_read(file, options.clock))();
    }
  };
}

MeshHistory mesh_history(const std::vector<std::vector<fs::path>>& pairs,
                         const HistoryOptions& options) {
  std::vector<PairResult> results(pairs.size());
  side_by_side(processors(), pairs.size(), [&](std::size_t i) {
    results[i] = history_of_pair(pairs[i], options, pairs.size());
  });
  MeshHistory mesh;
  for (PairResult& result : results) {
    std::ranges::move(result.histories, std::back_inserter(mesh.pairs));
    std::ranges::move(result.failures, std::back_inserter(mesh.failures));
  }
  return mesh;
}

}  // namespace tcpstep
