// How often `compare` cries wolf and how often it finds what is there, on runs with known truth;
// beside two common gates on the same runs, and the intervals of the penalty table:
// scripts/error-rates. The model of a ping is base(size) * exp(run + class + size + drift) * (1 +
// excess): the run offset is AR(1) over the order of execution, the excess gamma or lognormal times
// AR(1) congestion, with bursts of Pareto outliers. docs/statistics.md explains it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "lib/compare/comparison.h"
#include "lib/report/fitted_penalties.h"
#include "lib/stats/order_statistics.h"
#include "lib/stats/ranks.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 10;  // a side
constexpr std::size_t kRounds = 20;
constexpr std::uint32_t kMss = 1448;
constexpr double kOneByte = 30'000;  // ns

struct Truth {
  double scale = 1;
  double later_ns = 0;  // added from the second segment on
  std::uint32_t mss = kMss;
  double tail = 1;  // factor of the excess at the 99th percentile

  [[nodiscard]] double base(std::uint32_t bytes) const {
    const std::uint32_t segments = segments_needed(PayloadSize(bytes), Mss(mss));
    const double steps = segments < 2 ? 0 : 8000 + 2200.0 * (segments - 2) + later_ns;
    return scale * (kOneByte + 0.5 * bytes + steps);
  }
};

enum class Core : std::uint8_t { Gamma, Lognormal };

struct Noise {
  const char* name;
  double run, run_correlation, of_class, of_size, drift;
  Core core;
  double mean, shape;  // of the excess; the lognormal's sigma
  double outliers, outlier_length, outlier_scale;
  double slow_runs, slow;  // share of runs in a slow mode, its log size
};

constexpr std::array kNoises{
    Noise{"quiet", .004, .75, .0015, .001, .002, Core::Gamma, .02, 2, .004, 3, .5, 0, 0},
    Noise{"lan", .015, .60, .005, .004, .005, Core::Gamma, .08, 1.5, .004, 3, .5, 0, 0},
    Noise{"cloud", .05, .70, .015, .015, .02, Core::Lognormal, .6, .8, .006, 4, 1, 0, 0},
    Noise{"modal", .004, .50, .0015, .001, .002, Core::Gamma, .02, 2, .004, 3, .5, .1, .25},
};

std::vector<std::uint32_t> all_sizes() {
  std::vector<std::uint32_t> sizes;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    sizes.push_back(bytes);
  }
  return sizes;
}

class Generator {
 public:
  Generator(const Noise& noise, std::uint64_t seed) : noise_(noise), random_(seed) {}

  // The offsets of `count` runs in the order of execution.
  std::vector<double> run_offsets(std::size_t count) {
    std::vector<double> offsets;
    double level = normal_(random_);
    bool is_slow = uniform_(random_) < noise_.slow_runs;
    for (std::size_t run = 0; run < count; ++run) {
      if (run > 0) {
        level = noise_.run_correlation * level +
                std::sqrt(1 - std::pow(noise_.run_correlation, 2)) * normal_(random_);
      }
      if (uniform_(random_) < 0.3) {  // a mode sticks for a while
        is_slow = uniform_(random_) < noise_.slow_runs;
      }
      offsets.push_back(noise_.run * level + (is_slow ? noise_.slow : 0));
    }
    return offsets;
  }

  // The order of 2 * kRuns runs as the interleaved driver draws it.
  std::vector<Side> order() {
    std::vector<Side> order;
    while (order.size() < 2 * kRuns) {
      std::vector<Side> block{Side::Baseline, Side::Baseline, Side::Candidate, Side::Candidate};
      std::shuffle(block.begin(), block.end(), random_);
      order.insert(order.end(), block.begin(), block.end());
    }
    return order;
  }

  // Excesses in the order measured, `count` of them.
  std::vector<double> excesses(std::size_t count) {
    constexpr double kCongestionCorrelation = 0.99;
    const double congestion = noise_.core == Core::Gamma && noise_.mean < .05 ? .3 : .5;
    boost::random::gamma_distribution<double> gamma(noise_.shape, noise_.mean / noise_.shape);
    std::vector<double> result;
    double level = normal_(random_);
    for (std::size_t i = 0; i < count; ++i) {
      const double core = noise_.core == Core::Gamma
                              ? gamma(random_)
                              : noise_.mean * std::exp(noise_.shape * normal_(random_) -
                                                       noise_.shape * noise_.shape / 2);
      result.push_back(core * std::exp(congestion * level - congestion * congestion / 2));
      level = kCongestionCorrelation * level +
              std::sqrt(1 - std::pow(kCongestionCorrelation, 2)) * normal_(random_);
    }
    boost::random::poisson_distribution<int> bursts(noise_.outliers * static_cast<double>(count));
    for (int left = bursts(random_); left > 0; --left) {
      auto place = static_cast<std::size_t>(uniform_(random_) * static_cast<double>(count));
      const double size =
          noise_.outlier_scale * (std::pow(1 - uniform_(random_), -1 / 1.5) - 1 + .2);
      do {
        result[place++] += size;
      } while (place < count && uniform_(random_) > 1 / noise_.outlier_length);
    }
    return result;
  }

  void set_tail_quantiles(double q90, double q99) {
    q90_ = q90;
    q99_ = q99;
  }

  RunSamples run(const Truth& truth, double offset) {
    static const std::vector<std::uint32_t> sizes = all_sizes();
    RunSamples run;
    run.status = kComplete;
    run.rounds = kRounds;
    run.pings = kRounds * sizes.size();
    std::vector<double> of_class(30);
    for (double& level : of_class) {
      level = noise_.of_class * normal_(random_);
    }
    std::vector<double> floors;
    for (const std::uint32_t bytes : sizes) {
      const std::uint32_t segments = segments_needed(PayloadSize(bytes), Mss(truth.mss));
      floors.push_back(truth.base(bytes) *
                       std::exp(offset + of_class[segments] + noise_.of_size * normal_(random_)));
      run.series[PayloadSize(bytes)].reserve(kRounds);
    }
    const double drift = noise_.drift * normal_(random_);
    const std::vector<double> excess = excesses(kRounds * sizes.size());
    for (std::size_t i = 0; i < excess.size(); ++i) {
      const auto round = static_cast<double>(i / sizes.size());
      const double level =
          floors[i % sizes.size()] * std::exp(drift * (round / (kRounds - 1) - .5));
      run.series[PayloadSize(sizes[i % sizes.size()])].emplace_back(
          std::llround(level * (1 + stretched(excess[i], truth.tail))));
    }
    return run;
  }

 private:
  [[nodiscard]] double stretched(double excess, double tail) const {
    if (tail == 1 || excess <= q90_) {
      return excess;
    }
    return q90_ + (excess - q90_) * (tail * (1 + q99_) - 1 - q90_) / (q99_ - q90_);
  }

  Noise noise_;
  std::mt19937_64 random_;
  boost::random::normal_distribution<double> normal_;
  boost::random::uniform_01<double> uniform_;
  double q90_ = 0;
  double q99_ = 0;
};

// Two-sided p < 0.05 of Mann & Whitney (normal approximation with continuity) and a larger median,
// at any size, on the samples of all runs of a side together.
bool is_rank_alarm(const std::vector<RunSamples>& baseline,
                   const std::vector<RunSamples>& candidate, PayloadSize size) {
  std::vector<double> all;
  for (const auto* side : {&baseline, &candidate}) {
    for (const RunSamples& run : *side) {
      for (const Duration rtt : run.series.at(size)) {
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

Duration minimum(const std::vector<RunSamples>& runs, PayloadSize size) {
  Duration least = Duration::max();
  for (const RunSamples& run : runs) {
    least =
        std::min(least, *std::min_element(run.series.at(size).begin(), run.series.at(size).end()));
  }
  return least;
}

struct Alarms {
  int compare = 0;
  int ranks = 0;
  int threshold = 0;
};

Alarms one_comparison(Generator& generator, const Truth& truth) {
  const std::vector<Side> order = generator.order();
  const std::vector<double> offsets = generator.run_offsets(order.size());
  std::vector<RunSamples> sides[2];
  for (std::size_t i = 0; i < order.size(); ++i) {
    RunSamples run = generator.run(order[i] == Side::Candidate ? truth : Truth(), offsets[i]);
    run.name = run.identity = std::to_string(i);
    run.started = std::chrono::sys_time<Duration>(std::chrono::seconds(i));
    // As declared on both sides: that an MSS moved has to be seen in the times.
    run.header.add("mss_bytes", kMss);
    sides[static_cast<std::size_t>(order[i])].push_back(std::move(run));
  }
  Alarms alarms;
  for (const std::uint32_t bytes : all_sizes()) {
    const PayloadSize size(bytes);
    alarms.ranks |= is_rank_alarm(sides[0], sides[1], size) ? 1 : 0;
    alarms.threshold |= static_cast<double>(minimum(sides[1], size).count()) >
                                1.05 * static_cast<double>(minimum(sides[0], size).count())
                            ? 1
                            : 0;
  }
  alarms.compare =
      compare(std::move(sides[0]), std::move(sides[1]), {}).verdict == Verdict::Regression ? 1 : 0;
  return alarms;
}

// Calls `work` with every number below `count`, on all processors.
void in_parallel(int count, const std::function<void(int)>& work) {
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::jthread> pool;
  for (int thread = 0; thread < threads; ++thread) {
    pool.emplace_back([=, &work] {
      for (int number = thread; number < count; number += threads) {
        work(number);
      }
    });
  }
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

FittedPenalties penalties_of(Generator& generator) {
  std::vector<RunFit> fits;
  for (const double offset : generator.run_offsets(kRuns)) {
    const RunSamples run = generator.run({}, offset);
    std::vector<SizeTime> endpoints;
    for (const auto& [size, series] : run.series) {
      endpoints.push_back({.size = size, .ns = endpoint_estimate(series)});
    }
    fits.push_back(fit_run(endpoints, Mss(kMss)).value());
  }
  return combine(fits, Mss(kMss));
}

void print_penalties(int tables) {
  fmt::print(
      "\n| noise | penalty | truth | tables | bias, points | 95 % interval covers |\n"
      "|---|---|---:|---:|---:|---:|\n");
  constexpr std::array kWords{"filling", "second", "fourth"};
  for (const Noise& noise : kNoises) {
    std::vector<FittedPenalties> all(static_cast<std::size_t>(tables));
    in_parallel(tables, [&](int number) {
      Generator generator(noise, 500'000 + static_cast<std::uint64_t>(number));
      all[static_cast<std::size_t>(number)] = penalties_of(generator);
    });
    for (std::size_t row = 0; row < kWords.size(); ++row) {
      double bias = 0;
      int covered = 0;
      double truth = 0;
      for (const FittedPenalties& table : all) {
        const FittedPenalty& penalty = table.rows[row].value();
        truth = Truth().base(penalty.size.bytes()) / Truth().base(1) - 1;
        bias += (penalty.share - truth) / tables;
        covered += *penalty.low <= truth && truth <= *penalty.high ? 1 : 0;
      }
      fmt::print("| {} | {} | {:.2f} % | {} | {:+.3f} | {:.3f} |\n", noise.name, kWords[row],
                 100 * truth, tables, 100 * bias,
                 static_cast<double>(covered) / static_cast<double>(tables));
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  const int comparisons = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (comparisons < 1) {
    fmt::print(stderr, "usage: error_rates [COMPARISONS OF EACH KIND (default 1000)]\n");
    return 2;
  }
  tcpstep::print_alarms(comparisons);
  tcpstep::print_penalties(comparisons);
}
