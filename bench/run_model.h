// Runs with known truth, for simulations. A ping is base(size) * exp(run + class + size + drift) *
// (1 + excess): the run offset is AR(1) over the order of execution, the excess gamma or lognormal
// times AR(1) congestion, with bursts of Pareto outliers. docs/statistics.md explains it.
#pragma once

#include <algorithm>
#include <array>
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/runfile/run.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

inline constexpr std::size_t kRounds = 20;
inline constexpr std::uint32_t kMss = 1448;
inline constexpr double kOneByte = 30'000;  // ns

struct Truth {
  double scale = 1;
  double later_ns = 0;   // added from the second segment on
  double second_ns = 0;  // to 2 segments only
  double each_ns = 0;    // for each segment after the first
  std::uint32_t mss = kMss;
  double tail = 1;  // factor of the excess at the 99th percentile

  [[nodiscard]] double base(std::uint32_t bytes) const {
    const std::uint32_t segments = segments_needed(PayloadSize(bytes), Mss(mss));
    const double steps = segments < 2
                             ? 0
                             : 8000 + 2200.0 * (segments - 2) + later_ns +
                                   each_ns * (segments - 1) + (segments == 2 ? second_ns : 0);
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

inline constexpr std::array kNoises{
    Noise{"quiet", .004, .75, .0015, .001, .002, Core::Gamma, .02, 2, .004, 3, .5, 0, 0},
    Noise{"lan", .015, .60, .005, .004, .005, Core::Gamma, .08, 1.5, .004, 3, .5, 0, 0},
    Noise{"cloud", .05, .70, .015, .015, .02, Core::Lognormal, .6, .8, .006, 4, 1, 0, 0},
    Noise{"modal", .004, .50, .0015, .001, .002, Core::Gamma, .02, 2, .004, 3, .5, .1, .25},
};

inline std::vector<std::uint32_t> all_sizes() {
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

  // The order of 2 * `runs` runs as `ab` draws it: A, A, B, B in random order, and again.
  std::string order(std::size_t runs) {
    std::string order;
    while (order.size() < 2 * runs) {
      order += shuffled("AABB");
    }
    return order;
  }

  std::string shuffled(std::string letters) {
    for (std::size_t left = letters.size(); left > 1; --left) {
      std::swap(letters[left - 1], letters[random_() % left]);
    }
    return letters;
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

  Run run(const Truth& truth, double offset, std::size_t rounds = kRounds) {
    static const std::vector<std::uint32_t> sizes = all_sizes();
    Run run;
    run.trailer = RunTrailer{.status = std::string(kComplete)};
    std::vector<double> of_class(30);
    for (double& level : of_class) {
      level = noise_.of_class * normal_(random_);
    }
    std::vector<double> floors;
    for (const std::uint32_t bytes : sizes) {
      const std::uint32_t segments = segments_needed(PayloadSize(bytes), Mss(truth.mss));
      floors.push_back(truth.base(bytes) *
                       std::exp(offset + of_class[segments] + noise_.of_size * normal_(random_)));
    }
    const double drift = noise_.drift * normal_(random_);
    const std::vector<double> excess = excesses(rounds * sizes.size());
    std::vector<SampleSketch> samples(sizes.size());
    for (std::size_t round = 0; round < rounds; ++round) {
      const double share = static_cast<double>(round) / static_cast<double>(rounds - 1);
      const double level = std::exp(drift * (share - .5));
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        const double slowdown = 1 + stretched(excess[round * sizes.size() + i], truth.tail);
        samples[i].add(Duration(std::llround(floors[i] * level * slowdown)));
      }
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      run.series[PayloadSize(sizes[i])].rtts = std::move(samples[i]);
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

// As `ab` does, in blocks of four.
inline void add_block(Run& run, std::size_t position) {
  run.header.add("ab_id", "1");
  run.header.add("ab_block", static_cast<std::uint64_t>(position / 4));
}

// What compare() is given.
struct Sides {
  std::vector<Run> baseline;
  std::vector<Run> candidate;
};

// A run for each letter of `order`; B has the `truth`. With `is_drawn` the headers have blocks of
// four, as those of `ab`. `drift` is the relative change of the level at a time from 0 to 1.
template <class Drift>
Sides make_sides(Generator& generator, const std::string& order, const Truth& truth, bool is_drawn,
                 Drift drift) {
  Sides sides;
  const std::vector<double> offsets = generator.run_offsets(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double time = static_cast<double>(i) / static_cast<double>(order.size());
    Run run =
        generator.run(order[i] == 'B' ? truth : Truth(), offsets[i] + std::log1p(drift(time)));
    run.name = run.identity = std::to_string(i);
    run.started = std::chrono::sys_time<Duration>(std::chrono::seconds(i));
    // As declared on both sides: that an MSS moved has to be seen in the times.
    run.key.mss = Mss(kMss);
    if (is_drawn) {
      add_block(run, i);
    }
    (order[i] == 'B' ? sides.candidate : sides.baseline).push_back(std::move(run));
  }
  return sides;
}

// `count` runs of one link in the order in time, one every `step`; `level` is the scale of each.
template <class Level>
std::vector<Run> make_series(Generator& generator, std::size_t count, std::chrono::hours step,
                             Level level) {
  const std::vector<double> offsets = generator.run_offsets(count);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < count; ++i) {
    runs.push_back(generator.run({.scale = level(i)}, offsets[i]));
    Run& run = runs.back();
    run.name = run.identity = std::to_string(i);
    run.started = std::chrono::sys_time<Duration>(step * static_cast<int>(i));
    run.key.mss = Mss(kMss);
  }
  return runs;
}

// Calls `work` with every number below `count`, on all processors.
inline void in_parallel(int count, const std::function<void(int)>& work) {
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

}  // namespace tcpstep
