// How often `compare` and `ab --until-decided` raise a false alarm and how often they find what
// changed, on runs with known truth, in orders that `ab` draws and that people type, beside two
// common gates on the same runs; and the intervals of the penalty table: scripts/error-rates.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/run_model.h"
#include "lib/compare/comparison.h"
#include "lib/report/fitted_penalties.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 10;  // a side

// Two-sided p < 0.05 of Mann & Whitney (normal approximation with continuity) and a larger median,
// at any size, on the samples of all runs of a side together.
bool is_rank_alarm(const std::vector<Run>& baseline, const std::vector<Run>& candidate,
                   PayloadSize size) {
  std::vector<double> all;
  for (const auto* side : {&baseline, &candidate}) {
    for (const Run& run : *side) {
      for (const Duration rtt : run.samples_of(size)) {
        all.push_back(static_cast<double>(rtt.count()));
      }
    }
  }
  const std::size_t half = all.size() / 2;
  const std::vector<double> ranks = mid_ranks(all);
  double rank_sum = 0;
  for (std::size_t i = half; i < ranks.size(); ++i) {
    rank_sum += ranks[i];
  }
  const auto n = static_cast<double>(half);
  const double u = rank_sum - n * (n + 1) / 2;
  const double z = (u - n * n / 2 - .5) / std::sqrt(n * n * (2 * n + 1) / 12);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(half);
  return z > 1.959964 && median_of({middle, all.end()}) > median_of({all.begin(), middle});
}

Duration minimum(const std::vector<Run>& runs, PayloadSize size) {
  Duration least = Duration::max();
  for (const Run& run : runs) {
    least = std::min(least, run.series.at(size).rtts.minimum());
  }
  return least;
}

// 0, 3 or 4.
int exit_status(Verdict verdict) {
  return verdict == Verdict::Regression                                   ? 3
         : verdict == Verdict::NoRegression || verdict == Verdict::Faster ? 0
                                                                          : 4;
}

struct Alarms {
  int compare = 0;
  int ranks = 0;
  int threshold = 0;
};

double no_drift(double) {
  return 0;
}

Alarms one_comparison(Generator& generator, const Truth& truth) {
  Sides sides = make_sides(generator, generator.order(kRuns), truth, true, no_drift);
  Alarms alarms;
  for (const std::uint32_t bytes : all_sizes()) {
    const PayloadSize size(bytes);
    alarms.ranks |= is_rank_alarm(sides.baseline, sides.candidate, size) ? 1 : 0;
    alarms.threshold |= static_cast<double>(minimum(sides.candidate, size).count()) >
                                1.05 * static_cast<double>(minimum(sides.baseline, size).count())
                            ? 1
                            : 0;
  }
  alarms.compare = compare(std::move(sides.baseline), std::move(sides.candidate), {}).verdict ==
                           Verdict::Regression
                       ? 1
                       : 0;
  return alarms;
}

Alarms count_alarms(const Noise& noise, const Truth& truth, int comparisons) {
  Generator pilot(noise, 7);
  std::vector<double> excess = pilot.excesses(200'000);
  const double q90 = quantile_of(excess, .9);
  const double q99 = quantile_of(std::move(excess), .99);
  std::vector<Alarms> all(static_cast<std::size_t>(comparisons));
  in_parallel(comparisons, [&](int number) {
    Generator generator(noise, 1000 + static_cast<std::uint64_t>(number));
    generator.set_tail_quantiles(q90, q99);
    all[static_cast<std::size_t>(number)] = one_comparison(generator, truth);
  });
  Alarms sum;
  for (const Alarms& alarms : all) {
    sum.compare += alarms.compare;
    sum.ranks += alarms.ranks;
    sum.threshold += alarms.threshold;
  }
  return sum;
}

void print_alarms(int comparisons) {
  struct Effect {
    const char* words;
    Truth truth;
  };
  const std::array effects{Effect{"nothing (false alarms)", {}},
                           Effect{"all sizes +5 %", {.scale = 1.05}},
                           Effect{"all sizes +2 %", {.scale = 1.02}},
                           Effect{"2 segments and more +10 µs", {.later_ns = 10'000}},
                           Effect{"2 segments and more +2 µs", {.later_ns = 2000}},
                           Effect{"p99 twice as far", {.tail = 2}},
                           Effect{"MSS 1448 to 1348", {.mss = 1348}}};
  fmt::print(
      "| noise | what changed | comparisons | compare | Mann-Whitney, any size | 5 %, any size |\n"
      "|---|---|---:|---:|---:|---:|\n");
  for (const Noise& noise : kNoises) {
    for (const Effect& effect : effects) {
      const Alarms alarms = count_alarms(noise, effect.truth, comparisons);
      const auto share = [&](int count) {
        return static_cast<double>(count) / static_cast<double>(comparisons);
      };
      fmt::print("| {} | {} | {} | {:.3f} | {:.3f} | {:.3f} |\n", noise.name, effect.words,
                 comparisons, share(alarms.compare), share(alarms.ranks), share(alarms.threshold));
      std::fflush(stdout);
    }
  }
}

// Identical sides that only drift, in orders that `ab` draws and that people type.
void print_orders(int comparisons) {
  struct Drift {
    const char* words;
    double (*of)(double time);
  };
  const std::array drifts{
      Drift{"none", no_drift}, Drift{"10 %", [](double time) { return 0.1 * time; }},
      Drift{"25 %", [](double time) { return 0.25 * time; }},
      Drift{"50 %", [](double time) { return 0.5 * time; }},
      Drift{"daily cycle, 20 %", [](double time) { return 0.1 * std::sin(6.2831853 * time); }}};
  struct Order {
    const char* words;
    const char* letters;  // repeated; empty: drawn
  };
  const std::array orders{Order{"drawn by ab", ""},
                          Order{"AABB", "AABB"},
                          Order{"ABBA", "ABBA"},
                          Order{"ABAB", "AB"},
                          Order{"A...AB...B", "AAAAAAAAAABBBBBBBBBB"},
                          Order{"random", ""}};
  fmt::print(
      "\n| order | drift | noise | comparisons | tested | false alarms (exit 3) | passed (exit 0) "
      "|\n"
      "|---|---|---|---:|---:|---:|---:|\n");
  for (const Order& order : orders) {
    for (const Drift& drift : drifts) {
      for (const Noise& noise : kNoises) {
        const bool is_drawn = order.words == orders.front().words;
        std::vector<Comparison> all(static_cast<std::size_t>(comparisons));
        in_parallel(comparisons, [&](int number) {
          Generator generator(noise, 3'000'000 + static_cast<std::uint64_t>(number));
          std::string letters;
          while (*order.letters != '\0' && letters.size() < 2 * kRuns) {
            letters += order.letters;
          }
          if (letters.empty()) {
            letters = is_drawn
                          ? generator.order(kRuns)
                          : generator.shuffled(std::string(kRuns, 'A') + std::string(kRuns, 'B'));
          }
          Sides sides = make_sides(generator, letters, {}, is_drawn, drift.of);
          all[static_cast<std::size_t>(number)] =
              compare(std::move(sides.baseline), std::move(sides.candidate), {});
        });
        const auto alarms = std::ranges::count(all, Verdict::Regression, &Comparison::verdict);
        const auto refused = std::ranges::count_if(all, [](const Comparison& one) {
          return one.verdict == Verdict::Inconclusive && !one.excluded;
        });
        fmt::print("| {} | {} | {} | {} | {} | {} | {} |\n", order.words, drift.words, noise.name,
                   comparisons, comparisons - refused, alarms,
                   std::ranges::count(
                       all, 0, [](const Comparison& one) { return exit_status(one.verdict); }));
        std::fflush(stdout);
      }
    }
  }
}

// Any --alpha with any number of runs: what is slower by 30 % never passes.
void print_levels(int comparisons) {
  const Noise& noise = kNoises[1];
  fmt::print(
      "\n| runs a side | alpha | all sizes slower by | comparisons | exit 0 | exit 3 | exit 4 |\n"
      "|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const std::size_t runs : {4U, 6U, 8U, 10U, 20U}) {
    for (const double alpha : {0.2, 0.05, 0.01, 0.001, 0.0001}) {
      for (const double scale : {1.0, 1.05, 1.3}) {
        std::vector<int> all(static_cast<std::size_t>(comparisons));
        in_parallel(comparisons, [&](int number) {
          Generator generator(noise, 5'000'000 + static_cast<std::uint64_t>(number));
          Sides sides =
              make_sides(generator, generator.order(runs), {.scale = scale}, true, no_drift);
          all[static_cast<std::size_t>(number)] = exit_status(
              compare(std::move(sides.baseline), std::move(sides.candidate), {.alpha = alpha})
                  .verdict);
        });
        fmt::print("| {} | {} | {:.0f} % | {} | {} | {} | {} |\n", runs, alpha, 100 * (scale - 1),
                   comparisons, std::ranges::count(all, 0), std::ranges::count(all, 3),
                   std::ranges::count(all, 4));
        std::fflush(stdout);
      }
    }
  }
}

// `ab --until-decided` with its 20 runs of each side at most, beside 20 fixed ones on the same
// data.
void print_early_ends(int comparisons) {
  constexpr std::size_t kFirst = 10;
  constexpr std::size_t kMost = 20;
  struct Outcome {
    int status = 4;
    std::size_t runs = kMost;
    int fixed = 4;
  };
  fmt::print(
      "\n| noise | all sizes slower by | comparisons | exit 3, ended early | exit 0, ended early | "
      "mean runs a side | exit 3, 20 runs | exit 0, 20 runs |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const Noise& noise : kNoises) {
    for (const double scale : {1.0, 1.05}) {
      std::vector<Outcome> all(static_cast<std::size_t>(comparisons));
      in_parallel(comparisons, [&](int number) {
        Generator generator(noise, 6'000'000 + static_cast<std::uint64_t>(number));
        const Sides sides =
            make_sides(generator, generator.order(kMost), {.scale = scale}, true, no_drift);
        Outcome& outcome = all[static_cast<std::size_t>(number)];
        for (std::size_t runs = kFirst; runs <= kMost && outcome.status == 4; runs += 2) {
          const auto first = [&](const std::vector<Run>& side) {
            return std::vector<Run>(side.begin(), side.begin() + static_cast<std::ptrdiff_t>(runs));
          };
          outcome.runs = runs;
          outcome.status = exit_status(compare(first(sides.baseline), first(sides.candidate),
                                               {.looks = (kMost - kFirst) / 2 + 1})
                                           .verdict);
        }
        outcome.fixed = exit_status(compare(sides.baseline, sides.candidate, {}).verdict);
      });
      double runs = 0;
      for (const Outcome& outcome : all) {
        runs += static_cast<double>(outcome.runs) / comparisons;
      }
      fmt::print("| {} | {:.0f} % | {} | {} | {} | {:.1f} | {} | {} |\n", noise.name,
                 100 * (scale - 1), comparisons, std::ranges::count(all, 3, &Outcome::status),
                 std::ranges::count(all, 0, &Outcome::status), runs,
                 std::ranges::count(all, 3, &Outcome::fixed),
                 std::ranges::count(all, 0, &Outcome::fixed));
      std::fflush(stdout);
    }
  }
}

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
  const int comparisons = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::string_view wanted = argc > 2 ? argv[2] : "";
  struct Table {
    std::string_view name;
    void (*print)(int comparisons);
    int share;  // of the comparisons asked for
  };
  constexpr std::array kTables{
      Table{"alarms", tcpstep::print_alarms, 1}, Table{"orders", tcpstep::print_orders, 4},
      Table{"levels", tcpstep::print_levels, 20}, Table{"early", tcpstep::print_early_ends, 4},
      Table{"penalties", tcpstep::print_penalties, 1}};
  if (comparisons < 1) {
    fmt::print(stderr,
               "usage: error_rates [COMPARISONS OF EACH KIND (default 1000) "
               "[alarms|orders|levels|early|penalties]]\n");
    return 2;
  }
  for (const Table& table : kTables) {
    if (wanted.empty() || wanted == table.name) {
      table.print((comparisons + table.share - 1) / table.share);
    }
  }
}
