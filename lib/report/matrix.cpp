#include "lib/report/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/report/warnings.h"
#include "lib/runfile/mesh_folder.h"

namespace tcpstep {
namespace {

// By the name that the mesh gave it, or by its address.
std::string host_in(const RunHeader& header, std::string_view mesh_key, std::string_view role) {
  const auto name = header.find(mesh_key);
  return name ? std::string(*name) : host_of(header, role);
}

// "n2" before "n10".
bool is_before(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto digits_of = [&](std::string_view& text) {
        const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
        std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
        text.remove_prefix(digits.size());
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        return digits;
      };
      const std::string_view first = digits_of(a);
      const std::string_view second = digits_of(b);
      if (first.size() != second.size() || first != second) {
        return first.size() != second.size() ? first.size() < second.size() : first < second;
      }
      continue;
    }
    if (a.front() != b.front()) {
      return a.front() < b.front();
    }
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

std::optional<double> value_of(const PenaltyTable& table,
                               const std::map<PayloadSize, Duration>& fastest,
                               const MatrixStatistic& statistic) {
  const auto share = [](const std::optional<Penalty>& penalty) {
    return penalty ? std::optional(penalty->share) : std::nullopt;
  };
  switch (statistic.kind) {
    case MatrixStatistic::Kind::Fill:
      return share(table.filling);
    case MatrixStatistic::Kind::Second:
      return share(table.second);
    case MatrixStatistic::Kind::Fourth:
      return share(table.fourth);
    case MatrixStatistic::Kind::Rtt:
      break;
  }
  const auto found = statistic.size ? fastest.find(*statistic.size) : fastest.begin();
  return found == fastest.end() ? std::nullopt
                                : std::optional(static_cast<double>(found->second.count()));
}

PenaltyTable table_of(const LinkKey& key, const std::map<PayloadSize, Duration>& fastest,
                      std::uint32_t runs) {
  LinkRuns link{.key = key, .runs = runs};
  for (const auto& [size, rtt] : fastest) {
    link.series[size].add(rtt);
  }
  return penalty_table(link, Statistic::minimum());
}

}  // namespace

std::string MatrixStatistic::name() const {
  switch (kind) {
    case Kind::Fill:
      return "fill";
    case Kind::Second:
      return "second";
    case Kind::Fourth:
      return "fourth";
    case Kind::Rtt:
      break;
  }
  return size ? fmt::format("rtt:{}", size->bytes()) : "rtt";
}

const MatrixCell* Matrix::find(std::size_t from, std::size_t to) const {
  const auto found = std::lower_bound(cells.begin(), cells.end(), std::pair(from, to),
                                      [](const MatrixCell& cell, const auto& place) {
                                        return std::pair(cell.from, cell.to) < place;
                                      });
  return found != cells.end() && found->from == from && found->to == to ? &*found : nullptr;
}

std::vector<const MatrixCell*> Matrix::worst() const {
  std::vector<const MatrixCell*> result;
  for (const MatrixCell& cell : cells) {
    if (cell.value) {
      result.push_back(&cell);
    }
  }
  std::ranges::stable_sort(
      result, [](const MatrixCell* a, const MatrixCell* b) { return *a->value > *b->value; });
  return result;
}

std::vector<std::pair<const MatrixCell*, double>> Matrix::asymmetric() const {
  std::vector<std::pair<const MatrixCell*, double>> result;
  for (const MatrixCell& cell : cells) {
    const MatrixCell* back = find(cell.to, cell.from);
    if (cell.value && back != nullptr && back->value && *cell.value > *back->value) {
      result.emplace_back(&cell, *cell.value - *back->value);
    }
  }
  std::ranges::stable_sort(result,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  return result;
}

MatrixRuns::Taken MatrixRuns::add(const Run& run) {
  const Pair pair(host_in(run.header, kMeshFrom, run.key.is_up ? "client" : "server"),
                  host_in(run.header, kMeshTo, run.key.is_up ? "server" : "client"));
  if (pair.first.empty() || pair.second.empty() || pair.first == pair.second) {
    return Taken::NoHosts;
  }
  if (!known_.insert(run.identity).second) {
    return Taken::Repeated;
  }
  Pooled& pooled = pairs_[pair][run.key];
  ++pooled.runs;
  if (run.started) {
    pooled.last_start = std::max(pooled.last_start.value_or(*run.started), *run.started);
  }
  for (const auto& [size, series] : run.series) {
    if (!series.rtts.empty()) {
      const Duration fastest = series.rtts.minimum();
      const auto [known, is_new] = pooled.fastest.emplace(size, fastest);
      known->second = std::min(known->second, fastest);
    }
  }
  note_warnings(run.header, pair.first);  // who sends measures
  return Taken::Yes;
}

void MatrixRuns::note_warnings(const RunHeader& header, const std::string& host) {
  const std::set<std::string> keys = recorded_warnings(header);
  const bool is_known = std::ranges::all_of(keys, [&](const std::string& key) {
    const auto known = recorded_.find(key);
    return known != recorded_.end() && known->second.hosts.contains(host);
  });
  if (is_known) {  // as with nearly all runs of a mesh
    return;
  }
  for (Warning& warning : warnings_in_words(header)) {
    Recorded& recorded = recorded_[warning.key];
    recorded.hosts.insert(host);
    if (recorded.warning.text.empty()) {
      recorded.warning = std::move(warning);
    } else {
      recorded.warning.remedy = shared_remedy(recorded.warning, warning);
    }
  }
}

Matrix MatrixRuns::matrix(const MatrixStatistic& statistic) const {
  Matrix matrix{.statistic = statistic};
  std::set<std::string> names;
  for (const auto& [pair, kinds] : pairs_) {
    names.insert({pair.first, pair.second});
  }
  matrix.hosts.assign(names.begin(), names.end());
  std::ranges::sort(matrix.hosts, is_before);
  const auto number_of = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(matrix.hosts, name) - matrix.hosts.begin());
  };
  for (const auto& [pair, kinds] : pairs_) {
    const auto newest = std::ranges::max_element(kinds, {}, [](const auto& kind) {
      return std::pair(kind.second.last_start, kind.second.runs);
    });
    const auto& [key, pooled] = *newest;
    MatrixCell cell{.from = number_of(pair.first),
                    .to = number_of(pair.second),
                    .table = table_of(key, pooled.fastest, pooled.runs),
                    .last_start = pooled.last_start};
    cell.value = value_of(cell.table, pooled.fastest, statistic);
    for (const auto& [other, runs] : kinds) {
      matrix.runs += runs.runs;
      cell.left_out += &other == &key ? 0 : runs.runs;
    }
    matrix.cells.push_back(std::move(cell));
  }
  std::ranges::sort(matrix.cells, {},
                    [](const MatrixCell& cell) { return std::pair(cell.from, cell.to); });
  for (const auto& [key, recorded] : recorded_) {
    HostsWarning& warning = matrix.warnings.emplace_back(HostsWarning{recorded.warning, {}});
    for (const std::string& host : recorded.hosts) {
      warning.hosts.insert(number_of(host));
    }
  }
  std::ranges::stable_sort(matrix.warnings, {}, [](const HostsWarning& one) {
    return rank_of_warning(one.warning.key);
  });
  explain(matrix);
  return matrix;
}

}  // namespace tcpstep
