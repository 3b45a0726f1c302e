// How often `compare` and `ab --until-decided` raise a false alarm and how often they find what
// changed, on runs with known truth, in orders that `ab` draws and that people type, beside two
// common gates on the same runs: scripts/error-rates.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/run_model.h"
#include "lib/compare/comparison.h"
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
  int named = 0;  // of them: with a headline that begins as it should
  int ranks = 0;
  int threshold = 0;
};

struct Effect {
  const char* words;
  Truth truth;
  std::string_view headline;  // how that of `compare` should begin
};

double no_drift(double) {
  return 0;
}

Alarms one_comparison(Generator& generator, const Effect& effect) {
  Sides sides = make_sides(generator, generator.order(kRuns), effect.truth, true, no_drift);
  Alarms alarms;
  for (const std::uint32_t bytes : all_sizes()) {
    const PayloadSize size(bytes);
    alarms.ranks |= is_rank_alarm(sides.baseline, sides.candidate, size) ? 1 : 0;
    alarms.threshold |= static_cast<double>(minimum(sides.candidate, size).count()) >
                                1.05 * static_cast<double>(minimum(sides.baseline, size).count())
                            ? 1
                            : 0;
  }
  const Comparison result = compare(std::move(sides.baseline), std::move(sides.candidate), {});
  alarms.compare = result.verdict == Verdict::Regression ? 1 : 0;
  alarms.named = alarms.compare == 1 && result.attribution.starts_with(effect.headline) ? 1 : 0;
  return alarms;
}

Alarms count_alarms(const Noise& noise, const Effect& effect, int comparisons) {
  Generator pilot(noise, 7);
  std::vector<double> excess = pilot.excesses(200'000);
  const double q90 = quantile_of(excess, .9);
  const double q99 = quantile_of(std::move(excess), .99);
  std::vector<Alarms> all(static_cast<std::size_t>(comparisons));
  in_parallel(comparisons, [&](int number) {
    Generator generator(noise, 1000 + static_cast<std::uint64_t>(number));
    generator.set_tail_quantiles(q90, q99);
    all[static_cast<std::size_t>(number)] = one_comparison(generator, effect);
  });
  Alarms sum;
  for (const Alarms& alarms : all) {
    sum.compare += alarms.compare;
    sum.named += alarms.named;
    sum.ranks += alarms.ranks;
    sum.threshold += alarms.threshold;
  }
  return sum;
}

// Which cells of the tables are wanted: all, unless the command line says otherwise.
struct Wanted {
  std::vector<Noise> noises{kNoises.begin(), kNoises.end()};
  std::string_view change;  // a part of an effect's words
};

void print_alarms(std::span<const Effect> effects, int comparisons, const Wanted& wanted) {
  fmt::print(
      "\n| noise | what changed | comparisons | compare | named right | Mann-Whitney, any size | 5 "
      "%, any size |\n|---|---|---:|---:|---:|---:|---:|\n");
  for (const Noise& noise : wanted.noises) {
    for (const Effect& effect : effects) {
      if (std::string_view(effect.words).find(wanted.change) == std::string_view::npos) {
        continue;
      }
      const Alarms alarms = count_alarms(noise, effect, comparisons);
      const auto share = [&](int count) {
        return static_cast<double>(count) / static_cast<double>(comparisons);
      };
      fmt::print("| {} | {} | {} | {:.3f} | {} | {:.3f} | {:.3f} |\n", noise.name, effect.words,
                 comparisons, share(alarms.compare),
                 effect.headline.empty() ? std::string()
                                         : fmt::format("{} of {}", alarms.named, alarms.compare),
                 share(alarms.ranks), share(alarms.threshold));
      std::fflush(stdout);
    }
  }
}

void print_false_alarms(int comparisons, const Wanted& wanted) {
  const Effect nothing[] = {{"nothing (false alarms)", {}, {}}};
  print_alarms(nothing, comparisons, wanted);
}

void print_power(int comparisons, const Wanted& wanted) {
  constexpr std::string_view kUniform = "uniform: all sizes";
  constexpr std::string_view kFromTwo = "from 2 segments on";
  const Effect effects[] = {
      {"all sizes +5 %", {.scale = 1.05}, kUniform},
      {"all sizes +2 %", {.scale = 1.02}, kUniform},
      {"2 segments and more +10 µs", {.later_ns = 10'000}, kFromTwo},
      {"2 segments and more +2 µs", {.later_ns = 2000}, kFromTwo},
      {"2 segments only +10 µs", {.second_ns = 10'000}, "sizes of 2 segments only"},
      {"each segment after the first +2 µs", {.each_ns = 2000}, "every segment after the first"},
      {"p99 twice as far", {.tail = 2}, "tail"},
      {"MSS 1448 to 1348", {.mss = 1348}, "packet boundary moved"}};
  print_alarms(effects, comparisons, wanted);
}

// How the comparisons of a cell ended.
struct Exits {
  std::ptrdiff_t of[5] = {};  // by exit status: 0, 3 or 4

  explicit Exits(const std::vector<int>& all) {
    for (const int status : all) {
      ++of[status];
    }
  }
};

struct Drift {
  const char* words;
  double (*of)(double time);
};
constexpr std::array<Drift, 5> kEveryDrift{
    {{"none", no_drift},
     {"10 %", [](double time) { return 0.1 * time; }},
     {"25 %", [](double time) { return 0.25 * time; }},
     {"50 %", [](double time) { return 0.5 * time; }},
     {"daily cycle, 20 %", [](double time) { return 0.1 * std::sin(6.2831853 * time); }}}};

// The letters of the order of 2 * kRuns runs.
std::string letters_of(std::string_view order, Generator& generator) {
  if (order == "drawn by ab") {
    return generator.order(kRuns);
  }
  if (order == "random") {
    return generator.shuffled(std::string(kRuns, 'A') + std::string(kRuns, 'B'));
  }
  if (order == "A...AB...B") {
    return std::string(kRuns, 'A') + std::string(kRuns, 'B');
  }
  std::string letters;
  while (letters.size() < 2 * kRuns) {
    letters += order;
  }
  return letters;
}

// `runs` on a machine that drifts, as if they had been made in that order.
Sides sides_of(const std::vector<Run>& runs, std::string_view letters, bool is_drawn,
               double (*drift)(double time)) {
  Sides sides;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Run run = runs[i];
    const double level = 1 + drift(static_cast<double>(i) / static_cast<double>(runs.size()));
    for (auto& [size, series] : run.series) {
      SampleSketch rtts;
      for (const Duration rtt : series.rtts.first_samples()) {
        rtts.add(Duration(std::llround(level * static_cast<double>(rtt.count()))));
      }
      series.rtts = std::move(rtts);
    }
    if (is_drawn) {
      add_block(run, i);
    }
    (letters[i] == 'B' ? sides.candidate : sides.baseline).push_back(std::move(run));
  }
  return sides;
}

// Identical sides that only drift, in orders that `ab` draws and that people type: alarms among
// those that ended with a verdict. All orders and drifts share their runs.
void print_orders(int comparisons, const Wanted& wanted) {
  constexpr std::array<std::string_view, 6> kOrders{"drawn by ab", "AABB",       "ABBA",
                                                    "ABAB",        "A...AB...B", "random"};
  using Statuses = std::array<std::array<int, kEveryDrift.size()>, kOrders.size()>;
  fmt::print("\n| noise | order |");
  for (const Drift& drift : kEveryDrift) {
    fmt::print(" drift: {} |", drift.words);
  }
  fmt::print("\n|---|---|---:|---:|---:|---:|---:|\n");
  for (const Noise& noise : wanted.noises) {
    std::vector<Statuses> all(static_cast<std::size_t>(comparisons));
    in_parallel(comparisons, [&](int number) {
      Generator generator(noise, 3'000'000 + static_cast<std::uint64_t>(number));
      const std::vector<Run> runs =
          make_sides(generator, std::string(2 * kRuns, 'A'), {}, false, no_drift).baseline;
      for (std::size_t order = 0; order < kOrders.size(); ++order) {
        const std::string letters = letters_of(kOrders[order], generator);
        for (std::size_t drift = 0; drift < kEveryDrift.size(); ++drift) {
          Sides sides = sides_of(runs, letters, order == 0, kEveryDrift[drift].of);
          all[static_cast<std::size_t>(number)][order][drift] = exit_status(
              compare(std::move(sides.baseline), std::move(sides.candidate), {}).verdict);
        }
      }
    });
    for (std::size_t order = 0; order < kOrders.size(); ++order) {
      fmt::print("| {} | {} |", noise.name, kOrders[order]);
      for (std::size_t drift = 0; drift < kEveryDrift.size(); ++drift) {
        std::vector<int> cell;
        for (const Statuses& one : all) {
          cell.push_back(one[order][drift]);
        }
        const Exits exits(cell);
        fmt::print(" {} of {} |", exits.of[3], exits.of[0] + exits.of[3]);
      }
      fmt::print("\n");
    }
    std::fflush(stdout);
  }
}

// Any --alpha with any number of runs: what is slower by 30 % never passes.
void print_levels(int comparisons, const Wanted& /*wanted*/) {
  const Noise& noise = kNoises[1];
  fmt::print(
      "\n| runs per side | alpha | 0 %: exit 0, 3, 4 | 5 %: exit 0, 3, 4 | 30 %: exit 0, 3, 4 |\n"
      "|---:|---:|---:|---:|---:|\n");
  for (const std::size_t runs : {4U, 6U, 8U, 10U, 20U}) {
    for (const double alpha : {0.2, 0.05, 0.01, 0.001, 0.0001}) {
      fmt::print("| {} | {} |", runs, alpha);
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
        const Exits exits(all);
        fmt::print(" {}, {}, {} |", exits.of[0], exits.of[3], exits.of[4]);
      }
      fmt::print("\n");
      std::fflush(stdout);
    }
  }
}

// How often a slowdown is ruled out that is there: of all sizes, at 95 %.
void print_bounds(int comparisons, const Wanted& wanted) {
  fmt::print(
      "\n| noise | runs per side | all sizes slower by | comparisons | ruled out although true |\n"
      "|---|---:|---:|---:|---:|\n");
  for (const Noise& noise : wanted.noises) {
    for (const std::size_t runs : {std::size_t{4}, kRuns}) {
      for (const double scale : {1.0, 1.05}) {
        std::vector<int> is_wrong(static_cast<std::size_t>(comparisons));
        in_parallel(comparisons, [&](int number) {
          Generator generator(noise, 7'000'000 + static_cast<std::uint64_t>(number));
          Sides sides =
              make_sides(generator, generator.order(runs), {.scale = scale}, true, no_drift);
          const Comparison result =
              compare(std::move(sides.baseline), std::move(sides.candidate), {});
          is_wrong[static_cast<std::size_t>(number)] = *result.excluded < std::log(scale) ? 1 : 0;
        });
        fmt::print("| {} | {} | {:.0f} % | {} | {:.3f} |\n", noise.name, runs, 100 * (scale - 1),
                   comparisons,
                   static_cast<double>(std::accumulate(is_wrong.begin(), is_wrong.end(), 0)) /
                       comparisons);
        std::fflush(stdout);
      }
    }
  }
}

// `ab --until-decided` with its 20 runs of each side at most, beside 10 and 20 fixed ones on the
// same data.
void print_early_ends(int comparisons, const Wanted& wanted) {
  constexpr std::size_t kFirst = 10;
  constexpr std::size_t kMost = 20;
  fmt::print(
      "\n| noise | all sizes slower by | comparisons | exit 3 | exit 0 | ended before 20 runs | "
      "mean runs per side | 10 runs: exit 3, 0 | 20 runs: exit 3, 0 |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const Noise& noise : wanted.noises) {
    for (const double scale : {1.0, 1.05}) {
      const auto cell = [&] { return std::vector<int>(static_cast<std::size_t>(comparisons), 4); };
      std::vector<int> statuses = cell();
      std::vector<int> runs = cell();
      std::vector<int> fixed[2] = {cell(), cell()};
      in_parallel(comparisons, [&](int number) {
        const auto i = static_cast<std::size_t>(number);
        Generator generator(noise, 6'000'000 + static_cast<std::uint64_t>(number));
        const Sides sides =
            make_sides(generator, generator.order(kMost), {.scale = scale}, true, no_drift);
        const auto status_of = [&](std::size_t count, Looks looks) {
          const auto first = [&](const std::vector<Run>& side) {
            return std::vector<Run>(side.begin(),
                                    side.begin() + static_cast<std::ptrdiff_t>(count));
          };
          return exit_status(
              compare(first(sides.baseline), first(sides.candidate), {.looks = looks}).verdict);
        };
        for (std::size_t made = kFirst; made <= kMost && statuses[i] == 4; made += 2) {
          runs[i] = static_cast<int>(made);
          statuses[i] = status_of(made, {.count = (kMost - kFirst) / 2 + 1, .most_runs = kMost});
        }
        fixed[0][i] = status_of(kFirst, {});
        fixed[1][i] = status_of(kMost, {});
      });
      const Exits exits(statuses);
      const Exits ten(fixed[0]);
      const Exits twenty(fixed[1]);
      fmt::print(
          "| {} | {:.0f} % | {} | {} | {} | {} | {:.1f} | {}, {} | {}, {} |\n", noise.name,
          100 * (scale - 1), comparisons, exits.of[3], exits.of[0],
          std::ranges::count_if(runs, [](int made) { return made < static_cast<int>(kMost); }),
          static_cast<double>(std::accumulate(runs.begin(), runs.end(), 0)) / comparisons,
          ten.of[3], ten.of[0], twenty.of[3], twenty.of[0]);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  const int comparisons = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::string_view table = argc > 2 ? argv[2] : "";
  struct Table {
    std::string_view name;
    void (*print)(int comparisons, const tcpstep::Wanted& wanted);
    int share;  // of the comparisons asked for
  };
  constexpr std::array kTables{
      Table{"same", tcpstep::print_false_alarms, 1}, Table{"power", tcpstep::print_power, 2},
      Table{"orders", tcpstep::print_orders, 1},     Table{"levels", tcpstep::print_levels, 20},
      Table{"bounds", tcpstep::print_bounds, 1},     Table{"early", tcpstep::print_early_ends, 4}};
  tcpstep::Wanted wanted;
  if (argc > 3) {
    std::erase_if(wanted.noises, [&](const tcpstep::Noise& noise) {
      return noise.name != std::string_view(argv[3]);
    });
  }
  wanted.change = argc > 4 ? argv[4] : "";
  if (comparisons < 1 || wanted.noises.empty()) {
    fmt::print(stderr,
               "usage: error_rates [COMPARISONS OF EACH KIND (default 1000) "
               "[same|power|orders|levels|bounds|early [NOISE [CHANGE]]]]\n");
    return 2;
  }
  for (const Table& one : kTables) {
    if (table.empty() || table == one.name) {
      one.print((comparisons + one.share - 1) / one.share, wanted);
    }
  }
}
