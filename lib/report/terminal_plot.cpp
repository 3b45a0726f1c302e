#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
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

std::string boundary_line(const LinkRuns& link, std::size_t width) {
  std::string line;
  if (link.key.mss) {
    const std::uint32_t largest = link.series.rbegin()->first.bytes();
    for (std::uint64_t bytes = link.key.mss->bytes(); bytes <= largest;
         bytes += link.key.mss->bytes()) {
      const std::string label = fmt::format("▲{}", bytes);
      const std::size_t column = bytes * (width - 1) / largest;
      const std::size_t used = columns_of(line);
      if (column >= used + (used > 0 ? 1 : 0) && column + columns_of(label) <= width) {
        line += std::string(column - used, ' ') + label;
      }
    }
  }
  const std::size_t used = columns_of(line);
  return used + 6 <= width ? line + " bytes" : line;
}

}  // namespace

std::string terminal_plot(const LinkRuns& link, const Screen& screen) {
  if (link.series.size() < kFewestSizes || screen.columns < kNarrowest) {
    return {};
  }
  const Duration fastest = link.series.begin()->second.minimum();
  const RttUnit unit = unit_for(fastest);
  const auto label_of = [&](double ns) {
    const double value = ns / unit.ns;
    return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 1000 ? 1 : 0);
  };
  const std::size_t beside = 4;  // a space before the label, the axis, one column left free
  std::size_t room = std::min(screen.columns, kWidest) - beside;
  Profile profile = profile_of(link, room);
  const std::size_t label_width = std::max(
      {label_of(profile.highest).size(), label_of(profile.lowest).size(), columns_of(unit.name)});
  room -= label_width;
  profile = profile_of(link, room);
  const double span = profile.highest - profile.lowest;
  if (!(span > 0)) {
    return {};
  }
  const auto step_of = [&](double ns) {
    return static_cast<std::size_t>(
        std::lround((ns - profile.lowest) / span * static_cast<double>(kLines * kSteps - 1)));
  };
  std::string text;
  for (std::size_t line = kLines; line-- > 0;) {
    const double level = profile.lowest + span * (static_cast<double>(line) + 0.5) / kLines;
    text += fmt::format(" {:>{}} ┤", label_of(level), label_width);
    std::string points;
    for (const double value : profile.columns) {
      const bool is_here = value > 0 && step_of(value) / kSteps == line;
      points += !is_here ? " " : screen.is_unicode ? kBlocks[step_of(value) % kSteps] : "*";
    }
    points.erase(points.find_last_not_of(' ') + 1);
    text += points + '\n';
  }
  std::string axis;
  for (std::size_t i = 0; i < room; ++i) {
    axis += "─";
  }
  text += std::string(1 + label_width - columns_of(unit.name), ' ') + std::string(unit.name) +
          " └" + axis + '\n';
  return text + std::string(label_width + 3, ' ') + boundary_line(link, room) + '\n';
}

}  // namespace tcpstep
