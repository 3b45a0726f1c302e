// How often `history` finds changes that are not there, and how well those that are: on series of
// runs with known truth. scripts/error-rates.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "bench/run_model.h"
#include "lib/compare/history.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 60;
constexpr std::size_t kFirstChanged = 40;
constexpr std::size_t kNear = 2;  // runs

struct Outcome {
  bool is_alarm = false;    // any change
  bool is_slower = false;   // exit status 3
  bool is_located = false;  // within kNear of the truth
  bool is_covered = false;  // the true change of all sizes lies in its interval
};

Outcome one_series(const Noise& noise, double factor, std::uint64_t seed) {
  Generator generator(noise, seed);
  const std::vector<double> offsets = generator.run_offsets(kRuns);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < kRuns; ++i) {
    runs.push_back(generator.run({.scale = i < kFirstChanged ? 1 : factor}, offsets[i]));
    Run& run = runs.back();
    run.name = run.identity = std::to_string(i);
    run.started = std::chrono::sys_time<Duration>(std::chrono::hours(24 * i));
    run.key.mss = Mss(kMss);
  }
  const History history = histories(std::move(runs), {}).front();
  Outcome outcome{.is_alarm = !history.changes.empty(),
                  .is_slower = history.trend == Trend::Slower};
  for (const HistoryChange& change : history.changes) {
    if (change.first + kNear >= kFirstChanged && change.first <= kFirstChanged + kNear) {
      const ContrastChange& whole = change.contrasts.front();
      outcome.is_located = true;
      outcome.is_covered = whole.low <= std::log(factor) && std::log(factor) <= whole.high;
    }
  }
  return outcome;
}

// Changes are found often enough to be counted on half as many series.
void print_rates(int most, std::string_view wanted) {
  fmt::print(
      "\n| noise | runs resemble each other (AR) | change at run 41 of 60 | series | a change "
      "found | "
      "*slower* (exit 3) | placed within 2 runs | its 95 % interval covers |\n"
      "|---|---:|---|---:|---:|---:|---:|---:|\n");
  for (Noise noise : kNoises) {
    if (!wanted.empty() && noise.name != wanted) {
      continue;
    }
    for (const double correlation : {0.0, 0.7}) {
      noise.run_correlation = correlation;
      for (const double factor : {1.0, 1.02, 1.05, 1.10}) {
        const int count = factor == 1 ? most : (most + 1) / 2;
        std::vector<Outcome> all(static_cast<std::size_t>(count));
        in_parallel(count, [&](int number) {
          all[static_cast<std::size_t>(number)] =
              one_series(noise, factor, 2'000'000 + static_cast<std::uint64_t>(number));
        });
        const auto share = [&](bool Outcome::*is, double of) {
          return static_cast<double>(std::ranges::count(all, true, is)) / of;
        };
        const double located = share(&Outcome::is_located, 1);
        fmt::print(
            "| {} | {} | {} | {} | {:.3f} | {:.3f} | {} | {} |\n", noise.name, correlation,
            factor == 1 ? "none (false alarms)" : fmt::format("+{:.0f} %", 100 * factor - 100),
            count, share(&Outcome::is_alarm, count), share(&Outcome::is_slower, count),
            factor == 1 ? "" : fmt::format("{:.3f}", located / count),
            factor == 1 || located < 20
                ? ""
                : fmt::format("{:.3f}", share(&Outcome::is_covered, located)));
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 400;
  if (count < 1) {
    fmt::print(
        stderr,
        "usage: history_rates [SERIES WITHOUT A CHANGE OF EACH KIND (default 400) [NOISE]]\n");
    return 2;
  }
  tcpstep::print_rates(count, argc > 2 ? argv[2] : "");
}
