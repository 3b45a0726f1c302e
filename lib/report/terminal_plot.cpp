#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/report/drawing.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLines = 8;
constexpr std::size_t kSteps = 8;  // of the block characters within a line
constexpr std::array<std::string_view, kSteps> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::size_t kNarrowest = 30;
constexpr std::size_t kWidest = 100;
constexpr std::size_t kFewestSizes = 4;
constexpr std::string_view kBytes = "bytes";  // below the unit of the RTT

// What the plot shows, by column: the mean of the fastest pings of its sizes, in ns; 0: no size.
struct Profile {
  std::vector<double> columns;
  double lowest;
  double highest;
};

std::size_t column_of(PayloadSize size, PayloadSize largest, std::size_t width) {
  return static_cast<std::size_t>(size.bytes()) * (width - 1) / largest.bytes();
}

Profile profile_of(const LinkRuns& link, std::size_t width) {
  const PayloadSize largest = link.series.rbegin()->first;
  Profile profile{.columns = std::vector<double>(width), .lowest = 0, .highest = 0};
  std::vector<int> counts(width);
  for (const auto& [size, rtts] : link.series) {
    const std::size_t column = column_of(size, largest, width);
    const auto ns = static_cast<double>(rtts.minimum().count());
    ++counts[column];
    profile.columns[column] += (ns - profile.columns[column]) / counts[column];
  }
  for (const double value : profile.columns) {
    if (value > 0) {
      profile.lowest = profile.lowest == 0 ? value : std::min(profile.lowest, value);
      profile.highest = std::max(profile.highest, value);
    }
  }
  return profile;
}

// Values in the middle of the lines, the lowest first: round ones, that cover those of the profile.
struct LineScale {
  double base;
  double step;
  std::size_t lines;

  [[nodiscard]] std::size_t eighths_of(double ns) const {
    const double place = ((ns - base) / step + 0.5) * kSteps;
    return std::min(static_cast<std::size_t>(std::max(place, 0.0)), lines * kSteps - 1);
  }
};

LineScale line_scale_of(const Profile& profile) {
  const double finest = (profile.highest - profile.lowest) / kLines;
  double power = std::pow(10, std::floor(std::log10(finest)));
  for (;; power *= 10) {
    for (const double factor : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
      const double step = factor * power;
      const double base = std::floor(profile.lowest / step + 0.5) * step;
      const double lines = std::floor((profile.highest - base) / step + 0.5) + 1;
      if (step >= finest && lines <= kLines) {
        return {.base = base, .step = step, .lines = static_cast<std::size_t>(lines)};
      }
    }
  }
}

// As many decimals as a step of this size needs.
int decimals_for(double step) {
  int decimals = 0;
  for (double scaled = step; decimals < 6 && std::abs(scaled - std::round(scaled)) > 1e-6;
       scaled *= 10) {
    ++decimals;
  }
  return decimals;
}

// The axis with a tick at each boundary, and below it labels of as many as have room; without any
// boundary those of its ends.
struct BoundaryAxis {
  std::string axis;
  std::string labels;
};

// Labels of every `stride`-th boundary, centered; nothing if two of them are too close.
std::optional<std::string> boundary_labels(const LinkRuns& link, std::size_t width,
                                           std::uint64_t stride) {
  std::string labels;
  const std::uint32_t largest = link.series.rbegin()->first.bytes();
  for (std::uint64_t bytes = stride * link.key.mss->bytes(); bytes <= largest;
       bytes += stride * link.key.mss->bytes()) {
    const std::string label = std::to_string(bytes);
    const std::size_t column = bytes * (width - 1) / largest;
    const std::size_t begin = column - std::min(column, label.size() / 2);
    if (!labels.empty() && begin < labels.size() + 1) {
      return std::nullopt;
    }
    if (begin + label.size() <= width) {
      labels += std::string(begin - labels.size(), ' ') + label;
    }
  }
  return labels;
}

BoundaryAxis boundary_axis(const LinkRuns& link, std::size_t width) {
  std::vector<std::string_view> axis(width, "─");
  std::optional<std::string> labels;
  if (link.key.mss) {
    const std::uint32_t largest = link.series.rbegin()->first.bytes();
    std::uint64_t stride = 1;
    while (!(labels = boundary_labels(link, width, stride))) {
      ++stride;
    }
    const std::uint64_t mss = link.key.mss->bytes();
    const std::uint64_t step = mss * (width - 1) / largest >= 2 ? mss : stride * mss;
    for (std::uint64_t bytes = step; bytes <= largest; bytes += step) {
      axis[bytes * (width - 1) / largest] = "┴";
    }
  }
  if (!labels || labels->empty()) {
    const std::string smallest = std::to_string(link.series.begin()->first.bytes());
    labels = fmt::format("{}{:>{}}", smallest, link.series.rbegin()->first.bytes(),
                         width - smallest.size());
  }
  return {.axis = fmt::format("{}", fmt::join(axis, "")), .labels = *labels};
}

}  // namespace

std::string terminal_plot(const LinkRuns& link, const Screen& screen) {
  if (link.series.size() < kFewestSizes || screen.columns < kNarrowest) {
    return {};
  }
  const RttUnit unit = unit_for(link.series.begin()->second.minimum());
  const std::size_t beside = 4;  // a space before the label, the axis, one column left free
  std::size_t room = std::min(screen.columns, kWidest) - beside;
  Profile profile = profile_of(link, room);
  if (!(profile.highest > profile.lowest)) {
    return {};
  }
  LineScale scale = line_scale_of(profile);
  const int decimals = decimals_for(scale.step / unit.ns);
  const auto label_of = [&](std::size_t line) {
    return fmt::format("{:.{}f}", (scale.base + static_cast<double>(line) * scale.step) / unit.ns,
                       decimals);
  };
  const std::size_t label_width =
      std::max({label_of(0).size(), label_of(scale.lines - 1).size(), kBytes.size() - 2});
  room -= label_width;
  profile = profile_of(link, room);
  std::string text;
  for (std::size_t line = scale.lines; line-- > 0;) {
    text += fmt::format(" {:>{}} ┤", label_of(line), label_width);
    std::string points;
    for (const double value : profile.columns) {
      const std::size_t eighths = scale.eighths_of(value);
      const bool is_here = value > 0 && eighths / kSteps == line;
      points += !is_here ? " " : screen.is_unicode ? kBlocks[eighths % kSteps] : "*";
    }
    points.erase(points.find_last_not_of(' ') + 1);
    text += points + '\n';
  }
  const auto [axis, labels] = boundary_axis(link, room);
  text += fmt::format(" {}{} └{}\n", std::string(label_width - columns_of(unit.name), ' '),
                      unit.name, axis);
  return text + fmt::format("{:<{}}{}\n", kBytes, label_width + 3, labels);
}

}  // namespace tcpstep
