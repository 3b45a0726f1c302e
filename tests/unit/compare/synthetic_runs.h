// Runs made up for tests of comparisons.
#pragma once

#include <functional>
#include <random>
#include <string>
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
  std::mt19937_64 random(std::hash<std::string>()(made.name));
  std::normal_distribution<double> of_run(0, 1);
  std::exponential_distribution<double> excess(1);
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

// Changes the samples of a size.
template <class Change>
void edit(SizeSeries& series, Change change) {
  const auto first = series.rtts.first_samples();
  std::vector<Duration> samples(first.begin(), first.end());
  change(samples);
  series.rtts = {};
  for (const Duration sample : samples) {
    series.rtts.add(sample);
  }
}

struct Sides {
  std::vector<Run> baseline;
  std::vector<Run> candidate;
};

// `count` runs of each side in the order ABBA BAAB ABBA ...
inline Sides interleaved(std::size_t count, const SyntheticRun& baseline,
                         const SyntheticRun& candidate) {
  Sides sides;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const bool is_candidate = (i % 4 == 1 || i % 4 == 2) != (i / 4 % 2 == 1);
    SyntheticRun made = is_candidate ? candidate : baseline;
    auto& side = is_candidate ? sides.candidate : sides.baseline;
    made.name = (is_candidate ? "b" : "a") + std::to_string(side.size());
    made.start_s = static_cast<std::int64_t>(i);
    side.push_back(make_run(made));
  }
  return sides;
}

}  // namespace tcpstep
