#include "lib/compare/contrasts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr double kTail = 0.05;             // the share of the samples that is the tail
constexpr std::size_t kFewestInTail = 10;  // samples

struct SizeFacts {
  std::uint32_t segments;
  double log_floor;
  double log_median;
  std::vector<double> excesses;  // sample / median, ascending
};

// The first `rounds` samples.
void sort_into(std::vector<Duration>& ascending, std::span<const Duration> series,
               std::size_t rounds) {
  const std::span<const Duration> first = series.first(std::min(series.size(), rounds));
  ascending.assign(first.begin(), first.end());
  std::sort(ascending.begin(), ascending.end());
}

SizeFacts facts_of(PayloadSize size, std::span<const Duration> ascending,
                   const ContrastSettings& settings) {
  std::vector<double> times;
  times.reserve(ascending.size());
  for (const Duration rtt : ascending) {
    times.push_back(static_cast<double>(rtt.count()));
  }
  const double median = quantile_of_ascending(times, 0.5);
  for (double& time : times) {
    time /= median;
  }
  return {.segments = segments_needed(size, settings.mss),
          .log_floor = std::log(expected_minimum(ascending, settings.draws)),
          .log_median = std::log(median),
          .excesses = std::move(times)};
}

double mean_of_log(const std::vector<const SizeFacts*>& sizes, double SizeFacts::*log) {
  double sum = 0;
  for (const SizeFacts* size : sizes) {
    sum += size->*log;
  }
  return sum / static_cast<double>(sizes.size());
}

// Nothing if the largest 5 % are too few.
std::optional<double> tail_of(const std::vector<const SizeFacts*>& sizes) {
  std::size_t samples = 0;
  std::vector<std::span<const double>> left;  // of each size, a heap by the largest of each
  for (const SizeFacts* size : sizes) {
    samples += size->excesses.size();
    if (!size->excesses.empty()) {
      left.emplace_back(size->excesses);
    }
  }
  const auto count = static_cast<std::size_t>(kTail * static_cast<double>(samples));
  if (count < kFewestInTail) {
    return std::nullopt;
  }
  const auto by_largest = [](std::span<const double> a, std::span<const double> b) {
    return a.back() < b.back();
  };
  std::make_heap(left.begin(), left.end(), by_largest);
  double sum = 0;
  for (std::size_t taken = 0; taken < count; ++taken) {
    std::pop_heap(left.begin(), left.end(), by_largest);
    std::span<const double>& largest = left.back();
    sum += std::log(largest.back());
    largest = largest.first(largest.size() - 1);
    if (largest.empty()) {
      left.pop_back();
    } else {
      std::push_heap(left.begin(), left.end(), by_largest);
    }
  }
  return sum / static_cast<double>(count);
}

std::map<Contrast, double> values_of(const std::vector<SizeFacts>& facts,
                                     std::size_t fewest_in_step) {
  std::map<std::uint32_t, std::vector<const SizeFacts*>> classes;
  std::vector<const SizeFacts*> all;
  for (const SizeFacts& size : facts) {
    classes[size.segments].push_back(&size);
    all.push_back(&size);
  }
  const std::uint32_t first = classes.begin()->first;
  const double floor_of_first = mean_of_log(classes[first], &SizeFacts::log_floor);
  std::map<Contrast, double> values;
  std::vector<const SizeFacts*> larger;
  classes[0] = all;
  for (const auto& [segments, sizes] : classes) {
    const double floor = mean_of_log(sizes, &SizeFacts::log_floor);
    values[{.family = Family::Floor, .segments = segments}] = floor;
    values[{.family = Family::Median, .segments = segments}] =
        mean_of_log(sizes, &SizeFacts::log_median);
    if (segments > first) {
      larger.insert(larger.end(), sizes.begin(), sizes.end());
      if (sizes.size() >= fewest_in_step) {
        values[{.family = Family::Step, .segments = segments}] = floor - floor_of_first;
      }
    }
  }
  const auto add_tail = [&](const Contrast& name, const std::vector<const SizeFacts*>& sizes) {
    if (const auto tail = tail_of(sizes)) {
      values[name] = *tail;
    }
  };
  add_tail({.family = Family::Tail}, all);
  add_tail({.family = Family::Tail, .segments = first}, classes[first]);
  add_tail({.family = Family::Tail, .segments = first + 1, .is_and_more = true}, larger);
  return values;
}

}  // namespace

double percent_of(double log_change, double digit) {
  const double percent = 100 * std::expm1(log_change);
  return std::abs(percent) < digit / 2 ? 0 : percent;
}

std::string bare_percent(double log_change) {
  const double change = percent_of(log_change, 0.01);
  return fmt::format("{:+.{}f}", change, std::abs(change) < 100 ? 2 : 0);
}

std::string percent(double log_change) {
  return bare_percent(log_change) + " %";
}

std::string class_word(const Contrast& contrast) {
  return contrast.segments == 0
             ? "all"
             : fmt::format("{}{}", contrast.segments, contrast.is_and_more ? "+" : "");
}

RunContrasts contrasts_of(const Run& run, std::span<const PayloadSize> sizes,
                          const ContrastSettings& settings) {
  std::vector<SizeFacts> facts;
  facts.reserve(sizes.size());
  RunContrasts row;
  row.floors.reserve(sizes.size());
  std::vector<Duration> ascending;
  for (const PayloadSize size : sizes) {
    sort_into(ascending, run.samples_of(size), settings.rounds);
    facts.push_back(facts_of(size, ascending, settings));
    row.floors.push_back(facts.back().log_floor);
  }
  const auto values = values_of(facts, settings.fewest_in_step);
  row.values.assign(values.begin(), values.end());
  return row;
}

ContrastTable floors_of(std::span<const Run* const> runs, std::span<const PayloadSize> sizes,
                        std::size_t rounds, std::size_t draws) {
  ContrastTable table;
  table.sizes.assign(sizes.begin(), sizes.end());
  std::vector<Duration> ascending;
  for (const PayloadSize size : sizes) {
    ContrastColumn& floors = table.floors.emplace_back();
    for (const Run* run : runs) {
      sort_into(ascending, run->samples_of(size), rounds);
      floors.push_back(std::log(expected_minimum(ascending, draws)));
    }
  }
  return table;
}

ContrastTable contrasts_of(std::span<const Run* const> runs, std::span<const PayloadSize> sizes,
                           const ContrastSettings& settings) {
  ContrastTable table;
  table.sizes.assign(sizes.begin(), sizes.end());
  table.floors.resize(sizes.size());
  table.locals.resize(sizes.size());
  std::map<Contrast, ContrastColumn> columns;
  for (const Run* run : runs) {
    const RunContrasts row = contrasts_of(*run, sizes, settings);
    std::map<std::uint32_t, std::vector<double>> floors_of_class;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      floors_of_class[segments_needed(sizes[i], settings.mss)].push_back(row.floors[i]);
    }
    std::map<std::uint32_t, double> middle;
    for (auto& [segments, floors] : floors_of_class) {
      middle[segments] = median_of(std::move(floors));
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      table.floors[i].push_back(row.floors[i]);
      table.locals[i].push_back(row.floors[i] - middle[segments_needed(sizes[i], settings.mss)]);
    }
    for (const auto& [name, value] : row.values) {
      columns[name].push_back(value);
    }
  }
  for (auto& [name, column] : columns) {
    if (column.size() == runs.size()) {  // a tail may be too short in some runs
      table.names.push_back(name);
      table.columns.push_back(std::move(column));
    }
  }
  return table;
}

namespace {

SizeLevel level_of(const std::vector<double>& logs) {
  return {.middle = std::exp(median_of(logs)),
          .low = std::exp(quantile_of(logs, 0.25)),
          .high = std::exp(quantile_of(logs, 0.75))};
}

}  // namespace

std::vector<SizeChange> levels_by_size(const ContrastTable& table, std::span<const Side> order) {
  std::vector<SizeChange> sizes;
  for (std::size_t i = 0; i < table.sizes.size(); ++i) {
    std::vector<double> logs[2];
    for (std::size_t run = 0; run < order.size(); ++run) {
      logs[static_cast<std::size_t>(order[run])].push_back(table.floors[i][run]);
    }
    sizes.push_back({.size = table.sizes[i],
                     .baseline = level_of(logs[0]),
                     .candidate = level_of(logs[1]),
                     .change = median_of(logs[1]) - median_of(logs[0]),
                     .low = {},
                     .high = {}});
  }
  return sizes;
}

std::vector<SizeChange> levels_by_size(std::span<const Run> baseline,
                                       std::span<const Run> candidate) {
  std::vector<const Run*> runs;
  std::vector<Side> order;
  std::map<PayloadSize, std::size_t> counts;
  const auto add = [&](std::span<const Run> side, Side name) {
    for (const Run& run : side) {
      runs.push_back(&run);
      order.push_back(name);
      for (const PayloadSize size : run.sizes()) {
        ++counts[size];
      }
    }
  };
  add(baseline, Side::Baseline);
  add(candidate, Side::Candidate);
  std::erase_if(counts, [&](const auto& size) { return size.second < runs.size(); });
  std::vector<PayloadSize> sizes;
  sizes.reserve(counts.size());
  for (const auto& [size, count] : counts) {
    sizes.push_back(size);
  }
  if (sizes.empty()) {
    return {};
  }
  std::size_t shortest = runs.front()->rounds();
  for (const Run* run : runs) {
    for (const PayloadSize size : sizes) {
      shortest = std::min(shortest, run->samples_of(size).size());
    }
  }
  return levels_by_size(floors_of(runs, sizes, shortest, shortest), order);
}

}  // namespace tcpstep
