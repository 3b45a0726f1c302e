// How often `history` finds changes that are not there, and how well those that are: on series of
// runs with known truth. scripts/error-rates.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/run_model.h"
#include "lib/compare/history.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 60;
constexpr std::size_t kFirstChanged = 40;
constexpr std::size_t kNear = 2;  // runs
constexpr std::chrono::hours kStep(24);

struct Outcome {
  bool is_alarm = false;    // any change
  bool is_slower = false;   // exit status 3
  bool is_located = false;  // within kNear of the truth
  bool is_covered = false;  // the true change of all sizes lies in its interval
};

Outcome one_series(const Noise& noise, double factor, std::uint64_t seed) {
  Generator generator(noise, seed);
  std::vector<Run> runs = make_series(
      generator, kRuns, kStep, [&](std::size_t i) { return i < kFirstChanged ? 1 : factor; });
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

// The level of run `i`, relative to the first one, of a change by `total` without one date.
double ramp(std::size_t i, double total) {
  return 1 + total * static_cast<double>(i) / (kRuns - 1);
}
double late_ramp(std::size_t i, double total) {
  return 1 + total * (i < kFirstChanged
                          ? 0.0
                          : static_cast<double>(i + 1 - kFirstChanged) / (kRuns - kFirstChanged));
}
double staircase(std::size_t i, double total) {
  return 1 + total * static_cast<double>(i / 12) / 4;
}
double step(std::size_t i, double total) {
  return i < kFirstChanged ? 1 : 1 + total;
}
double spell(std::size_t i, double total) {
  return i >= 20 && i < kFirstChanged ? 1 + total : 1;
}
double modes(std::size_t i, double total) {
  return i % 15 < 3 ? 1 + total : 1;
}

// Changes that creep, with a deviation of 1 % between runs.
void print_creep(int count) {
  Noise noise = kNoises.front();
  noise.run = 0.01;
  noise.run_correlation = 0;
  struct Shape {
    const char* words;
    double (*level)(std::size_t run, double total);
  };
  constexpr std::array kTotals{0.06, 0.15, 0.30, 1.0};
  const auto count_trends = [&](const Shape& shape, double total) {
    std::vector<Trend> trends(static_cast<std::size_t>(count));
    in_parallel(count, [&](int number) {
      Generator generator(noise, 4'000'000 + static_cast<std::uint64_t>(number));
      std::vector<Run> runs = make_series(generator, kRuns, kStep,
                                          [&](std::size_t i) { return shape.level(i, total); });
      trends[static_cast<std::size_t>(number)] = histories(std::move(runs), {}).front().trend;
    });
    fmt::print(" {}, {} |", std::ranges::count(trends, Trend::Slower),
               std::ranges::count(trends, Trend::Inconclusive));
    std::fflush(stdout);
  };
  fmt::print("\n| {} series each: *slower*, cannot tell |", count);
  for (const double total : kTotals) {
    fmt::print(" +{:.0f} % |", 100 * total);
  }
  fmt::print("\n|---|---:|---:|---:|---:|\n");
  for (const Shape& shape :
       {Shape{"one step at run 41", step}, Shape{"ramp over all", ramp},
        Shape{"ramp over the last third", late_ramp}, Shape{"five stairs", staircase},
        Shape{"up at run 21, back at 41", spell}, Shape{"three slow runs of 15", modes}}) {
    fmt::print("| {} |", shape.words);
    for (const double total : kTotals) {
      count_trends(shape, total);
    }
    fmt::print("\n");
  }
  fmt::print("| no change |");
  count_trends({"", step}, 0);
  fmt::print(" | | |\n");
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
    fmt::print(stderr,
               "usage: history_rates [SERIES OF EACH KIND (default 400) "
               "[NOISE|creep]]\n");
    return 2;
  }
  const std::string_view wanted = argc > 2 ? argv[2] : "";
  if (wanted != "creep") {
    tcpstep::print_rates(count, wanted);
  }
  if (wanted.empty() || wanted == "creep") {
    tcpstep::print_creep(count);
  }
}
