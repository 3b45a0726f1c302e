// Made-up runs with known truth, the same on every machine.
#pragma once

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lib/runfile/run.h"

namespace tcpstep {

struct SyntheticRun {
  std::string name;
  std::string link = "veth";
  std::uint32_t mss = 1448;  // 0: unknown
  std::uint32_t rounds = 10;
  std::vector<std::uint32_t> sizes{1,    201,  601,  1001, 1401, 1501, 1901,
                                   2301, 2701, 2901, 3301, 3701, 4101};
  std::int64_t start_s = 0;
  std::function<double(std::uint32_t bytes)> ns = [](std::uint32_t) { return 10'000.0; };
  double noise = 0.02;       // mean of an exponential excess
  double deviation = 0.005;  // of the run
};

// The same run for the same name.
inline Run make_run(const SyntheticRun& made) {
  const std::uint64_t seed = std::accumulate(
      made.name.begin(), made.name.end(), std::uint64_t{7},
      [](std::uint64_t sum, char c) { return 131 * sum + static_cast<unsigned char>(c); });
  std::mt19937_64 random(seed);
  boost::random::normal_distribution<double> of_run(0, 1);
  boost::random::exponential_distribution<double> excess(1);
  Run run;
  run.name = made.name;
  run.header.add("link", made.link);
  if (made.mss > 0) {
    run.header.add("mss_bytes", made.mss);
  }
  run.trailer = RunTrailer{.status = std::string(kComplete)};
  const double level = 1 + made.deviation * of_run(random);
  for (const std::uint32_t bytes : made.sizes) {
    for (std::uint32_t round = 0; round < made.rounds; ++round) {
      run.series[PayloadSize(bytes)].rtts.add(
          Duration(std::llround(made.ns(bytes) * level * (1 + made.noise * excess(random)))));
    }
  }
  run.describe();
  run.identity = made.name;
  run.started = std::chrono::sys_time<Duration>(std::chrono::seconds(made.start_s));
  return run;
}

struct Sides {
  std::vector<Run> baseline;
  std::vector<Run> candidate;
};

// Changes the samples of one size, in the order measured.
template <class Change>
void change_samples(SizeSeries& series, Change change) {
  std::vector<Duration> samples(series.rtts.first_samples().begin(),
                                series.rtts.first_samples().end());
  change(samples);
  series.rtts = SampleSketch();
  for (const Duration sample : samples) {
    series.rtts.add(sample);
  }
}

// What `ab` writes into the header of a run.
inline void add_block(Run& run, const std::string& id, std::size_t block) {
  run.header.add("ab_id", id);
  run.header.add("ab_block", static_cast<std::uint64_t>(block));
}

// A run for each letter of `order`, a second apart; `drift` is the change of the level over all.
// With `is_drawn` as by `ab`, in blocks of four.
inline Sides ordered(std::string_view order, const SyntheticRun& baseline,
                     const SyntheticRun& candidate, bool is_drawn = false, double drift = 0) {
  Sides sides;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_candidate = order[i] == 'B';
    SyntheticRun made = is_candidate ? candidate : baseline;
    auto& side = is_candidate ? sides.candidate : sides.baseline;
    made.name = (is_candidate ? "b" : "a") + std::to_string(side.size());
    made.start_s = static_cast<std::int64_t>(i);
    const double level = 1 + drift * static_cast<double>(i) / static_cast<double>(order.size());
    made.ns = [ns = made.ns, level](std::uint32_t bytes) { return level * ns(bytes); };
    side.push_back(make_run(made));
    if (is_drawn) {
      add_block(side.back(), "1", i / 4);
    }
  }
  return sides;
}

// `count` runs of each side in the order ABBA BAAB ABBA ..., as if `ab` had drawn it.
inline Sides interleaved(std::size_t count, const SyntheticRun& baseline,
                         const SyntheticRun& candidate) {
  std::string order;
  while (order.size() < 2 * count) {
    order += "ABBABAAB";
  }
  return ordered(std::string_view(order).substr(0, 2 * count), baseline, candidate, true);
}

}  // namespace tcpstep
