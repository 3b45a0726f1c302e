// Bias and coverage of the intervals of the penalty table, on runs with known truth:
// scripts/error-rates.
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "bench/run_model.h"
#include "lib/report/fitted_penalties.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 10;

FittedPenalties penalties_of(Generator& generator, std::size_t rounds) {
  std::vector<RunFit> fits;
  for (const double offset : generator.run_offsets(kRuns)) {
    const Run run = generator.run({}, offset, rounds);
    std::vector<SizeTime> endpoints;
    std::vector<double> gaps;
    for (const auto& [size, series] : run.series) {
      const Duration smallest = series.rtts.minimum();
      const Duration second = series.rtts.second_minimum();
      endpoints.push_back({.size = size, .ns = endpoint_estimate(smallest, second)});
      gaps.push_back(static_cast<double>((second - smallest).count()));
    }
    if (const auto fit = fit_run(endpoints, Mss(kMss), median_of(std::move(gaps)))) {
      fits.push_back(*fit);
    }
  }
  return combine(fits, Mss(kMss));
}

struct Coverage {
  double bias = 0;  // points
  int tables = 0;   // with an interval: enough runs were on a line
  int covered = 0;
};

Coverage coverage_of(const std::vector<FittedPenalties>& all, std::size_t row) {
  Coverage sum;
  for (const FittedPenalties& table : all) {
    const auto& penalty = table.rows[row];
    if (!penalty || !penalty->low) {
      continue;
    }
    const double truth = Truth().base(penalty->size.bytes()) / Truth().base(1) - 1;
    sum.bias += 100 * (penalty->share - truth);
    sum.covered += *penalty->low <= truth && truth <= *penalty->high ? 1 : 0;
    ++sum.tables;
  }
  return sum;
}

// Bias and coverage of the intervals of filling, second and fourth, by the number of rounds, with
// and without stalls: one ping in fifty waits for many times its RTT.
void print_penalties(int tables) {
  fmt::print(
      "\n| noise | stalls | rounds | tables with an interval | bias of filling, second, fourth, "
      "points | 95 % interval covers |\n|---|---|---:|---:|---|---|\n");
  for (const Noise& noise : kNoises) {
    for (const bool has_stalls : {false, true}) {
      for (const std::size_t rounds : {5U, 8U, 10U, 20U}) {
        Noise model = noise;
        model.outliers = has_stalls ? .007 : 1e-9;  // bursts of three
        model.outlier_scale = 100;
        std::vector<FittedPenalties> all(static_cast<std::size_t>(tables));
        in_parallel(tables, [&](int number) {
          Generator generator(model, 500'000 + static_cast<std::uint64_t>(number));
          all[static_cast<std::size_t>(number)] = penalties_of(generator, rounds);
        });
        std::string bias;
        std::string covered;
        for (std::size_t row = 0; row < 3; ++row) {
          const Coverage coverage = coverage_of(all, row);
          const double count = std::max(coverage.tables, 1);
          bias += fmt::format("{}{:+.2f}", row > 0 ? ", " : "", coverage.bias / count);
          covered += fmt::format("{}{:.3f}", row > 0 ? ", " : "", coverage.covered / count);
        }
        fmt::print("| {} | {} | {} | {} of {} | {} | {} |\n", noise.name, has_stalls ? "yes" : "no",
                   rounds, coverage_of(all, 1).tables, tables, bias, covered);
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  const int tables = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (tables < 1) {
    fmt::print(stderr, "usage: penalty_rates [TABLES OF EACH KIND (default 1000)]\n");
    return 2;
  }
  tcpstep::print_penalties(tables);
}
