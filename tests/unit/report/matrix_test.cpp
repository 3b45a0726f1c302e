#include "lib/report/matrix.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "lib/report/render_matrix.h"
#include "tests/unit/golden.h"

namespace tcpstep {
namespace {

std::string host(std::size_t number) {
  return "n" + std::to_string(number);
}

// One run over a path: fastest pings of 1 and 1500 bytes.
Run run_of(const std::string& from, const std::string& to, double one_ns, double two_ns,
           unsigned mss = 1448) {
  Run run;
  run.header.add("link", from + "_" + to);
  run.header.add("mesh_from", from);
  run.header.add("mesh_to", to);
  run.header.add("run_id", from + to + std::to_string(one_ns));
  run.header.add("mss_bytes", std::uint64_t{mss});
  run.header.add("started_utc", "2026-11-28T01:00:00Z");
  run.series[PayloadSize(1)].rtts.add(Duration(static_cast<std::int64_t>(one_ns)));
  run.series[PayloadSize(1500)].rtts.add(Duration(static_cast<std::int64_t>(two_ns)));
  run.describe();
  return run;
}

// `hosts` of them, 1 ms each way; n4 adds 5 ms to its paths, n2 to n7 and back add 2 ms.
MatrixRuns runs_of(std::size_t hosts) {
  MatrixRuns runs;
  for (std::size_t from = 1; from <= hosts; ++from) {
    for (std::size_t to = 1; to <= hosts; ++to) {
      if (from == to) {
        continue;
      }
      double ns = 1e6 + 1000.0 * static_cast<double>((from * 7 + to * 3) % 5);
      ns += from == 4 || to == 4 ? 5e6 : 0;
      ns += std::min(from, to) == 2 && std::max(from, to) == 7 ? 2e6 : 0;
      EXPECT_EQ(runs.add(run_of(host(from), host(to), ns, ns * 1.5, from == 6 ? 1228 : 1448)),
                MatrixRuns::Taken::Yes);
    }
  }
  return runs;
}

TEST(Matrix, TellsASlowHostFromASlowPath) {
  const Matrix matrix = runs_of(12).matrix({});
  EXPECT_EQ(matrix.hosts.size(), 12U);
  EXPECT_EQ(matrix.hosts[9], "n10") << "digits by value";
  ASSERT_EQ(matrix.findings.hosts.size(), 1U);
  EXPECT_EQ(matrix.hosts[matrix.findings.hosts[0].host], "n4");
  EXPECT_NEAR(matrix.findings.hosts[0].effect, 5e6, 1e4);
  ASSERT_EQ(matrix.findings.paths.size(), 1U);
  const auto& path = matrix.findings.paths[0];
  EXPECT_EQ(matrix.hosts[path.a] + matrix.hosts[path.b], "n2n7");
  EXPECT_TRUE(path.is_mutual);
  EXPECT_NEAR(path.excess, 2e6, 1e4);
}

TEST(Matrix, TakesWhatOnlyOneWayHasForAPassingDisturbance) {
  MatrixRuns runs;
  for (std::size_t from = 1; from <= 8; ++from) {
    for (std::size_t to = 1; to <= 8; ++to) {
      const bool is_it = from == 2 && to == 5;
      const double ns = 1e6 + 1000.0 * static_cast<double>((from * 7 + to * 3) % 5);
      if (from != to) {
        runs.add(run_of(host(from), host(to), is_it ? 2 * ns : ns, is_it ? 4 * ns : 1.5 * ns));
      }
    }
  }
  EXPECT_TRUE(runs.matrix({}).findings.paths.empty());
  // What a larger payload takes may differ between the two ways.
  const Matrix matrix = runs.matrix({.size = PayloadSize(1500)});
  ASSERT_EQ(matrix.findings.paths.size(), 1U);
  EXPECT_EQ(matrix.hosts[matrix.findings.paths[0].a], "n2");
  EXPECT_FALSE(matrix.findings.paths[0].is_mutual);
}

TEST(Matrix, NamesPathsOfASmallerMss) {
  const Matrix matrix = runs_of(7).matrix({});
  ASSERT_EQ(matrix.findings.small_mss.size(), 6U);  // n6 to each, but not back
  EXPECT_EQ(matrix.findings.small_mss[0].mss, Mss(1228));
  EXPECT_EQ(matrix.findings.small_mss[0].usual, Mss(1448));
}

TEST(Matrix, HasPenaltiesToo) {
  const Matrix matrix = runs_of(5).matrix({.kind = MatrixStatistic::Kind::Second});
  for (const MatrixCell& cell : matrix.cells) {
    ASSERT_TRUE(cell.value);
    EXPECT_NEAR(*cell.value, 0.5, 1e-5);
  }
  EXPECT_THAT(render_text(matrix), testing::HasSubstr("no host and no path stands out"));
}

TEST(Matrix, FitsEveryScreen) {
  const Matrix matrix = runs_of(7).matrix({});
  for (const std::size_t columns : {80U, 60U, 40U}) {
    const std::string text = render_text(matrix, {.columns = columns});
    expect_golden(fmt::format("matrix_{}.txt", columns), text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns_of(line), columns) << line;
    }
  }
}

TEST(Matrix, CountsARunOnceAndNeedsTwoHosts) {
  MatrixRuns runs;
  const tcpstep::Run run = run_of("a", "b", 1e6, 2e6);
  EXPECT_EQ(runs.add(run), MatrixRuns::Taken::Yes);
  EXPECT_EQ(runs.add(run), MatrixRuns::Taken::Repeated);
  EXPECT_EQ(runs.add(run_of("a", "a", 1, 2)), MatrixRuns::Taken::NoHosts);
  EXPECT_EQ(runs.add(tcpstep::Run{}), MatrixRuns::Taken::NoHosts);
  const Matrix matrix = runs.matrix({});
  EXPECT_FALSE(matrix.is_fitted);
  EXPECT_EQ(matrix.runs, 1U);
  EXPECT_THAT(render_text(matrix), testing::HasSubstr("1 path without a run"));
}

TEST(Matrix, PutsNeighborsTogether) {
  MatrixRuns runs;
  for (std::size_t from = 1; from <= 6; ++from) {
    for (std::size_t to = 1; to <= 6; ++to) {
      const double ns = from % 2 == to % 2 ? 1e5 : 9e6;  // two sites: odd and even
      if (from != to) {
        runs.add(run_of(host(from), host(to), ns, ns));
      }
    }
  }
  const std::vector<std::size_t> order = runs.matrix({}).clusters.order;
  ASSERT_EQ(order.size(), 6U);
  EXPECT_EQ(order[0] % 2, order[1] % 2);
  EXPECT_EQ(order[1] % 2, order[2] % 2);
  EXPECT_EQ(order[3] % 2, order[4] % 2);
  EXPECT_EQ(order[4] % 2, order[5] % 2);
}

TEST(Matrix, TakesDistanceForNoFault) {
  MatrixRuns runs;
  for (std::size_t from = 1; from <= 24; ++from) {
    for (std::size_t to = 1; to <= 24; ++to) {
      double ns = from % 3 == to % 3             ? 2e5
                  : from % 3 == 0 || to % 3 == 0 ? 9e6
                                                 : 4e6;  // three sites
      ns += 1000.0 * static_cast<double>((from * 7 + to * 3) % 5);
      ns += from == 5 || to == 5 ? 1e6 : 0;
      ns += std::min(from, to) == 8 && std::max(from, to) == 9 ? 3e6 : 0;
      if (from != to) {
        runs.add(run_of(host(from), host(to), ns, ns));
      }
    }
  }
  const Matrix matrix = runs.matrix({});
  EXPECT_EQ(matrix.clusters.site_count, 3U);
  ASSERT_EQ(matrix.findings.hosts.size(), 1U);
  EXPECT_EQ(matrix.hosts[matrix.findings.hosts[0].host], "n5");
  EXPECT_NEAR(matrix.findings.hosts[0].effect, 1e6, 1e5);
  ASSERT_EQ(matrix.findings.paths.size(), 1U);
  EXPECT_EQ(matrix.hosts[matrix.findings.paths[0].a], "n8");
  EXPECT_TRUE(matrix.findings.paths[0].is_mutual);
}

TEST(Matrix, EscapesWhatComesFromOutside) {
  MatrixRuns runs;
  runs.add(run_of("<script>\x1b[31m", "=b", 1e6, 2e6));
  const Matrix matrix = runs.matrix({});
  EXPECT_THAT(render_text(matrix), testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_THAT(render_html(matrix), testing::Not(testing::HasSubstr("<script")));
  EXPECT_THAT(render_csv(matrix), testing::Not(testing::HasSubstr(",=b")));
}

}  // namespace
}  // namespace tcpstep
