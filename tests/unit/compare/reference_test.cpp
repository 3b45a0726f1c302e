// Comparisons against an independent implementation in Python: tests/data/make_comparisons.py made
// the samples and the results in tests/data/comparisons.txt.gz, with 19999 draws.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "lib/compare/comparison.h"
#include "lib/compare/render.h"

namespace tcpstep {
namespace {

std::string read_all(const std::filesystem::path& path) {
  ByteSource source(path);
  std::string text;
  std::vector<char> buffer(1U << 16U);
  for (std::size_t bytes = 0; (bytes = source.read(buffer)) > 0;) {
    text.append(buffer.data(), bytes);
  }
  return text;
}

struct ExpectedContrast {
  double change;
  double low;
  double high;
  double p;
};

struct Case {
  int number = 0;
  std::size_t rounds = 0;
  std::vector<std::uint32_t> sizes;
  std::vector<Run> baseline;
  std::vector<Run> candidate;
  std::map<std::pair<std::string, std::string>, ExpectedContrast> contrasts;
  std::map<std::uint32_t, ExpectedContrast> locals;
};

// How far two estimates of one probability may lie apart that come from 4999 and 19999 draws.
double error_of(double p) {
  return 4.5 * std::sqrt(std::max(p, 1e-3) * (1 - std::min(p, 0.999)) * (1.0 / 4999 + 1.0 / 19999));
}

Run run_of(std::istringstream& line, const Case& made) {
  Run run;
  const std::size_t number = made.baseline.size() + made.candidate.size();
  run.name = "run " + std::to_string(number);
  run.header.add("mss_bytes", 1448);
  run.header.add("ab_id", "1");
  run.header.add("ab_block", static_cast<std::uint64_t>(number / 4));
  run.trailer = RunTrailer{.status = std::string(kComplete)};
  for (const std::uint32_t size : made.sizes) {
    for (std::size_t round = 0; round < made.rounds; ++round) {
      Duration::rep tens = 0;
      line >> tens;
      run.series[PayloadSize(size)].rtts.add(Duration(10 * tens));
    }
  }
  run.describe();
  run.identity = run.name;
  run.started = std::chrono::sys_time<Duration>(std::chrono::seconds(number));
  return run;
}

class Checked {
 public:
  void check(const Case& made, const std::string& verdict) {
    const Comparison result = compare(made.baseline, made.candidate, {.is_lenient = true});
    ++cases_;
    if (verdict != "borderline") {
      EXPECT_EQ(result.verdict == Verdict::Regression, verdict == "regression")
          << "case " << made.number << ": " << headline(result);
    }
    ASSERT_EQ(result.contrasts.size(), made.contrasts.size()) << "case " << made.number;
    for (const ContrastResult& row : result.contrasts) {
      const auto& expected =
          made.contrasts.at({std::string(to_word(row.contrast.family)), class_word(row.contrast)});
      const std::string where = "case " + std::to_string(made.number) + " " +
                                std::string(to_word(row.contrast.family)) + " " +
                                class_word(row.contrast);
      EXPECT_NEAR(row.change, expected.change, 1e-5) << where;  // 0.001 points
      EXPECT_NEAR(*row.low, expected.low, 1e-5) << where;
      EXPECT_NEAR(*row.high, expected.high, 1e-5) << where;
      EXPECT_NEAR(*row.p_slower, expected.p, error_of(expected.p)) << where;
    }
    for (const LocalResult& local : result.locals) {
      const auto& expected = made.locals.at(local.size.bytes());
      EXPECT_NEAR(local.change, expected.change, 1e-5) << "case " << made.number;
      EXPECT_NEAR(local.p_slower, expected.p, error_of(expected.p)) << "case " << made.number;
    }
  }

  [[nodiscard]] int cases() const { return cases_; }

 private:
  int cases_ = 0;
};

TEST(ComparisonTest, AgreesWithAnIndependentImplementation) {
  std::istringstream text(read_all(TCPSTEP_SOURCE_DIR "/tests/data/comparisons.txt.gz"));
  Checked checked;
  Case made;
  for (std::string raw; std::getline(text, raw);) {
    std::istringstream line(raw);
    std::string kind;
    line >> kind;
    std::string ignored;
    if (kind == "case") {
      made = {};
      line >> made.number >> ignored >> made.rounds >> ignored;
      for (std::uint32_t size = 0; line >> size;) {
        made.sizes.push_back(size);
      }
    } else if (kind == "run") {
      int side = 0;
      line >> side;
      auto run = run_of(line, made);
      (side == 0 ? made.baseline : made.candidate).push_back(std::move(run));
    } else if (kind == "contrast") {
      std::string family;
      std::string segments;
      ExpectedContrast expected{};
      line >> family >> segments >> expected.change >> expected.low >> expected.high >> expected.p;
      made.contrasts[{family, segments}] = expected;
    } else if (kind == "local") {
      std::uint32_t size = 0;
      ExpectedContrast expected{};
      line >> size >> expected.change >> expected.p;
      made.locals[size] = expected;
    } else if (kind == "verdict") {
      std::string verdict;
      line >> verdict;
      checked.check(made, verdict);
    }
  }
  EXPECT_EQ(checked.cases(), 108);
}

}  // namespace
}  // namespace tcpstep
