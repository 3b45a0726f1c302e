// Whole outputs of compare and history, compared with the files in tests/golden.
#include "tests/unit/golden.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "lib/compare/render.h"
#include "lib/compare/render_history.h"
#include "tests/unit/compare/synthetic_runs.h"

namespace tcpstep {
namespace {

// The last digits may depend on the machine.
void round_numbers(nlohmann::ordered_json& json) {
  if (json.is_number_float()) {
    json = std::round(json.get<double>() * 1e4) / 1e4;
  } else if (json.is_structured()) {
    for (auto& element : json) {
      round_numbers(element);
    }
  }
}

std::string rounded(const std::string& text) {
  auto json = nlohmann::ordered_json::parse(text);
  round_numbers(json);
  return json.dump(2) + '\n';
}

double stairs(std::uint32_t bytes) {
  return 10'000 + bytes + 3000.0 * (segments_needed(PayloadSize(bytes), Mss(1448)) - 1);
}

Comparison compared(double share, double later_ns, std::size_t runs = 10) {
  const SyntheticRun before{.ns = stairs};
  const SyntheticRun after{.ns = [=](std::uint32_t bytes) {
    return share * stairs(bytes) + (bytes > 1448 ? later_ns : 0);
  }};
  Sides sides = interleaved(runs, before, after);
  for (auto* side : {&sides.baseline, &sides.candidate}) {
    for (auto& run : *side) {
      run.header.add("client_os", side == &sides.baseline ? "Linux 6.1" : "Linux 6.12");
    }
  }
  return compare(std::move(sides.baseline), std::move(sides.candidate), {});
}

// As wide as the screen at most, but for words that are longer.
void expect_fit(const std::string& text, std::size_t columns) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(columns_of(line), columns) << line;
  }
}

TEST(GoldenTest, ComparisonsFitEveryScreen) {
  const std::vector<std::pair<std::string, Comparison>> all{{"slower", compared(1, 2000)},
                                                            {"faster", compared(0.9, 0)},
                                                            {"same", compared(1, 0)},
                                                            {"refused", compared(1, 0, 2)}};
  for (const auto& [name, comparison] : all) {
    for (const std::size_t columns : {60U, 40U}) {
      const std::string text = render_text(comparison, {.columns = columns});
      expect_golden(fmt::format("compare_{}_{}.txt", name, columns), text);
      expect_fit(text, columns);
    }
    expect_fit(render_text(comparison), 80);
  }
}

TEST(GoldenTest, ComparisonsAsText) {
  expect_golden("compare_slower.txt", render_text(compared(1, 2000)));
  expect_golden("compare_faster.txt", render_text(compared(0.9, 0)));
  expect_golden("compare_same.txt", render_text(compared(1, 0)));
  expect_golden("compare_refused.txt", render_text(compared(1, 0, 2)));
}

TEST(GoldenTest, ComparisonsForPrograms) {
  const Comparison slower = compared(1, 2000);
  expect_golden("compare_slower.md", render_markdown(slower));
  expect_golden("compare_slower.json", rounded(render_json(slower)));
  expect_golden("compare_slower.xml", render_junit(slower));
  expect_golden("compare_slower.github", render_github(slower));
}

TEST(GoldenTest, Histories) {
  std::vector<tcpstep::Run> runs;
  for (int day = 0; day < 40; ++day) {
    for (const bool is_up : {false, true}) {
      const double level = is_up ? 1 + 0.2 * day / 39 : day < 25 ? 1 : 1.1;
      SyntheticRun made{.name = std::to_string(day) + (is_up ? " up" : ""),
                        .start_s = 1'767'225'600 + 86'400 * std::int64_t{day},
                        .ns = [=](std::uint32_t bytes) { return level * stairs(bytes); }};
      runs.push_back(make_run(made));
      runs.back().header.add("direction", is_up ? "up" : "down");
      runs.back().key.is_up = is_up;
      runs.back().header.add("server_os", day < 25 ? "Linux 6.1" : "Linux 6.12");
    }
  }
  const std::vector<History> links = histories(std::move(runs), {});
  expect_golden("history.txt", render_text(links));
  for (const std::size_t columns : {80U, 60U, 40U}) {
    expect_fit(render_text(links, {.columns = columns}), columns);
  }
  for (const std::size_t columns : {60U, 40U}) {
    expect_golden(fmt::format("history_{}.txt", columns), render_text(links, {.columns = columns}));
  }
  expect_golden("history.md", render_markdown(links));
  expect_golden("history.csv", render_csv(links));
  expect_golden("history.json", rounded(render_json(links)));
}

}  // namespace
}  // namespace tcpstep
