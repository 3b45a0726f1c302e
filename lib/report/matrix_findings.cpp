#include <algorithm>
#include <cmath>
#include <map>

#include "lib/report/matrix.h"
#include "lib/stats/estimators.h"
#include "lib/stats/median_polish.h"

namespace tcpstep {
namespace {

constexpr double kAlpha = 0.01;  // of the whole table
constexpr double kNearlyNormal = 1e6;

// Without the `fitted` smallest ones: medians were taken out of the values, which makes as many of
// them nearly 0.
double spread_of(const std::vector<double>& values, std::size_t fitted) {
  std::vector<double> sizes;
  const double median = median_of(values);
  for (const double value : values) {
    sizes.push_back(std::abs(value - median));
  }
  std::ranges::sort(sizes);
  const std::size_t left_out = std::min(fitted, sizes.size() - 1);
  sizes.erase(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(left_out));
  return kNormalMad * median_of(std::move(sizes));
}

// What one of `values` has to exceed. Their spread is known no better than `degrees` of freedom
// allow.
double limit_of(const std::vector<double>& values, std::size_t fitted, double degrees,
                double least) {
  const double quantile =
      student_t_quantile(1 - kAlpha / static_cast<double>(values.size()), degrees);
  return std::max(quantile * spread_of(values, fitted), least);
}

double least_of(const Matrix& matrix) {
  return matrix.statistic.is_rtt()
             ? std::max(kLeastShareOfRtt * std::abs(matrix.overall), kLeastRtt)
             : kLeastPoints;
}

// A pair that was not measured is far away.
HostClusters clusters_of(const Matrix& matrix) {
  const std::size_t count = matrix.hosts.size();
  std::vector<std::vector<double>> distances(count, std::vector<double>(count, 0));
  double largest = 0;
  for (const MatrixCell& cell : matrix.cells) {
    const auto rtt = static_cast<double>(cell.table.reference_rtt.count());
    const MatrixCell* back = matrix.find(cell.to, cell.from);
    double& distance = distances[cell.from][cell.to];
    distance += back == nullptr ? rtt : rtt / 2;
    distances[cell.to][cell.from] = distance = std::max(distance, distances[cell.to][cell.from]);
    largest = std::max(largest, rtt);
  }
  for (auto& row : distances) {
    std::ranges::replace(row, 0.0, 2 * largest);
  }
  return cluster_hosts(std::move(distances), kLeastRtt);
}

using Sites = std::pair<std::size_t, std::size_t>;

Sites sites_of(const Matrix& matrix, const MatrixCell& cell) {
  return {matrix.clusters.sites[cell.from], matrix.clusters.sites[cell.to]};
}

// The median over the paths from one site to another.
std::map<Sites, double> medians_between_sites(const Matrix& matrix) {
  std::map<Sites, std::vector<double>> values;
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.value) {
      values[sites_of(matrix, cell)].push_back(*cell.value);
    }
  }
  std::map<Sites, double> medians;
  for (auto& [sites, of_sites] : values) {
    medians[sites] = median_of(std::move(of_sites));
  }
  return medians;
}

void fit(Matrix& matrix) {
  const std::size_t count = matrix.hosts.size();
  const std::map<Sites, double> medians = medians_between_sites(matrix);
  std::vector<double> all;
  std::vector<std::optional<double>> cells(count * count);
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.value) {
      cells[cell.from * count + cell.to] = *cell.value - medians.at(sites_of(matrix, cell));
      all.push_back(*cell.value);
    }
  }
  MedianPolish polish = median_polish(cells, count, count);
  matrix.is_fitted = true;
  matrix.overall = median_of(std::move(all));
  matrix.from_effects = std::move(polish.rows);
  matrix.to_effects = std::move(polish.columns);
  for (MatrixCell& cell : matrix.cells) {
    cell.residual = polish.residuals[cell.from * count + cell.to];
  }
}

void find_hosts(Matrix& matrix) {
  std::vector<double> effects;
  for (std::size_t host = 0; host < matrix.hosts.size(); ++host) {
    effects.push_back((matrix.from_effects[host] + matrix.to_effects[host]) / 2);
  }
  const double median = median_of(effects);
  const double limit = limit_of(effects, 0, kNearlyNormal, least_of(matrix));
  for (std::size_t host = 0; host < effects.size(); ++host) {
    if (effects[host] - median > limit) {
      matrix.findings.hosts.push_back({.host = host, .effect = effects[host] - median});
    }
  }
  std::ranges::stable_sort(matrix.findings.hosts, std::ranges::greater{},
                           &MatrixFindings::Host::effect);
}

// The RTT of the smallest size includes the way back: what only one of both measurements has is
// something that passed by.
bool is_of_both_ways(const Matrix& matrix) {
  return matrix.statistic.is_rtt() && !matrix.statistic.size;
}

void find_paths(Matrix& matrix) {
  std::vector<double> residuals;
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.residual) {
      residuals.push_back(*cell.residual);
    }
  }
  const auto hosts = static_cast<double>(matrix.hosts.size());
  // Both ways of a pair are alike.
  const double degrees = std::max(hosts, (static_cast<double>(residuals.size()) / 2 - hosts) / 2);
  const double limit = limit_of(residuals, 2 * matrix.hosts.size() - 1, degrees, least_of(matrix));
  const auto is_out = [&](const MatrixCell* cell) {
    return cell != nullptr && cell->residual.value_or(0) > limit;
  };
  for (const MatrixCell& cell : matrix.cells) {
    const MatrixCell* back = matrix.find(cell.to, cell.from);
    const bool is_mutual = is_out(back);
    const bool passed_by =
        !is_mutual && back != nullptr && back->residual && is_of_both_ways(matrix);
    if (!is_out(&cell) || passed_by || (is_mutual && cell.from > cell.to)) {
      continue;
    }
    const double excess =
        is_mutual ? std::max(*cell.residual, *back->residual) : cell.residual.value_or(0);
    matrix.findings.paths.push_back(
        {.a = cell.from, .b = cell.to, .excess = excess, .is_mutual = is_mutual});
  }
  std::ranges::stable_sort(matrix.findings.paths, std::ranges::greater{},
                           &MatrixFindings::Path::excess);
}

// Paths whose MSS is below the most frequent one; a host if that is so of all its paths.
void find_small_mss(Matrix& matrix) {
  std::map<Mss, std::size_t> frequency;
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.table.mss) {
      ++frequency[*cell.table.mss];
    }
  }
  if (frequency.size() < 2) {
    return;
  }
  const Mss usual =
      std::ranges::max_element(frequency, {}, [](const auto& one) { return one.second; })->first;
  const auto is_small = [&](const MatrixCell& cell) {
    return cell.table.mss && *cell.table.mss < usual;
  };
  std::vector<bool> is_host_small(matrix.hosts.size());
  for (std::size_t host = 0; host < matrix.hosts.size(); ++host) {
    std::optional<Mss> largest;
    bool is_all = true;
    for (const MatrixCell& cell : matrix.cells) {
      if (cell.from == host || cell.to == host) {
        is_all = is_all && is_small(cell);
        largest = std::max(largest, cell.table.mss);
      }
    }
    if (is_all && largest) {
      is_host_small[host] = true;
      matrix.findings.small_mss.push_back(
          {.host = host, .other = {}, .mss = *largest, .usual = usual});
    }
  }
  for (const MatrixCell& cell : matrix.cells) {
    const MatrixCell* back = matrix.find(cell.to, cell.from);
    const bool is_told = back != nullptr && is_small(*back) && cell.from > cell.to;
    if (is_small(cell) && !is_told && !is_host_small[cell.from] && !is_host_small[cell.to]) {
      matrix.findings.small_mss.push_back(
          {.host = cell.from, .other = cell.to, .mss = *cell.table.mss, .usual = usual});
    }
  }
}

}  // namespace

void explain(Matrix& matrix) {
  matrix.clusters = clusters_of(matrix);
  const bool has_values = std::ranges::any_of(
      matrix.cells, [](const MatrixCell& cell) { return cell.value.has_value(); });
  if (matrix.hosts.size() >= Matrix::kFewestForFit && has_values) {
    fit(matrix);
    find_hosts(matrix);
    find_paths(matrix);
  }
  find_small_mss(matrix);
}

}  // namespace tcpstep
