#include "lib/compare/eligibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kDrawsOfMinimum = 10;
constexpr double kTailEffect = 0.25;

}  // namespace

std::string why_unfit(const Run& run) {
  if (!run.is_complete()) {
    return run.status().empty() ? "partial: it was cut off"
           : run.is_unverified  ? "partial: its archive was cut off"
                                : fmt::format("partial: it ended with {}", run.status());
  }
  if (run.has_moved) {
    return "uncertain: the MSS changed while it was measured";
  }
  if (run.rounds() < kFewestRounds) {
    return fmt::format("{}; at least {} are required", count_of(run.rounds(), "round"),
                       kFewestRounds);
  }
  return {};
}

bool is_lossy(const Run& run) {
  return static_cast<double>(run.lost() + run.resent().total()) >
         kMostDropped * static_cast<double>(run.pings());
}

std::string losses_of(const Run& run) {
  return fmt::format("{} lost and {} resent of {}", run.lost(), run.resent().total(),
                     count_of(run.pings(), "ping"));
}

std::string FirstLaunch::text() const {
  return fmt::format("pings={} payload={} ack={} doubtful={}", pings, resent.payload, resent.ack,
                     resent.doubtful);
}

FirstLaunch first_launch_of(const Run& run) {
  FirstLaunch first{.pings = run.pings(), .resent = run.resent()};
  const auto text = run.header.find(FirstLaunch::kKey);
  if (!text) {
    return first;
  }
  const auto number = [&](std::string_view key) {
    std::uint64_t value = 0;
    if (const std::size_t at = text->find(key); at != std::string_view::npos) {
      std::from_chars(text->data() + at + key.size(), text->data() + text->size(), value);
    }
    return value;
  };
  first.pings = number("pings=");
  first.resent.payload = number("payload=");
  first.resent.ack = number("ack=");
  first.resent.doubtful = number("doubtful=");
  first.is_repeated = true;
  return first;
}

bool CommonSizes::are_most(double share) const {
  return static_cast<double>(sizes.size()) >= share * static_cast<double>(measured);
}

SampleCounts counts_of(const Run& run) {
  SampleCounts counts{.rounds = run.rounds(), .sizes = {}};
  for (const PayloadSize size : run.sizes()) {
    counts.sizes.emplace_back(size, run.samples_of(size).size());
  }
  return counts;
}

CommonSizes common_sizes(std::span<const SampleCounts* const> runs) {
  CommonSizes common{.rounds = runs.front()->rounds};
  for (const SampleCounts* run : runs) {
    common.rounds = std::min(common.rounds, run->rounds);
    common.most_rounds = std::max(common.most_rounds, run->rounds);
  }
  const std::size_t most = std::max<std::size_t>(1, std::min(kDrawsOfMinimum, common.rounds));
  struct Found {
    std::size_t runs = 0;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();  // samples
  };
  std::map<PayloadSize, Found> found;
  for (const SampleCounts* run : runs) {
    for (const auto& [size, samples] : run->sizes) {
      Found& of = found[size];
      ++of.runs;
      of.fewest = std::min(of.fewest, samples);
    }
  }
  common.measured = found.size();
  common.draws = most;
  for (const auto& [size, of] : found) {
    if (of.runs == runs.size() && 2 * of.fewest >= most) {
      common.sizes.push_back(size);
      common.draws = std::min(common.draws, of.fewest);
    }
  }
  return common;
}

CommonSizes common_sizes(std::span<const Run* const> runs) {
  std::vector<SampleCounts> counts;
  for (const Run* run : runs) {
    counts.push_back(counts_of(*run));
  }
  std::vector<const SampleCounts*> all;
  for (const SampleCounts& one : counts) {
    all.push_back(&one);
  }
  return common_sizes(all);
}

Classes classes_by(std::optional<Mss> declared, const std::optional<MssFit>& fit,
                   std::string_view whose) {
  if (declared) {
    return {.mss = declared, .note = {}};
  }
  if (fit && fit->gain > kGainOfSteps) {
    return {
        .mss = fit->middle(),
        .note = fmt::format("{} MSS is unknown; its times fit an MSS of {} to {}: using {}", whose,
                            fit->smallest.bytes(), fit->largest.bytes(), fit->middle().bytes())};
  }
  return {.mss = {},
          .note = fmt::format(
              "{} MSS is unknown and its times show no steps: all sizes are one class", whose)};
}

double smallest_change(Family family, double minimum_effect) {
  return std::log1p(family == Family::Tail ? std::max(kTailEffect, minimum_effect)
                                           : minimum_effect);
}

}  // namespace tcpstep
