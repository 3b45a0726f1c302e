#include "mesh/plan.h"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tcpstep {
namespace {

IndexRow row(const std::string& from, const std::string& to, double seconds) {
  return {.tournament = "20261128T010000Z",
          .round = 1,
          .from = from,
          .to = to,
          .direction = "down",
          .started_utc = "2026-11-28T01:00:00Z",
          .seconds = seconds,
          .file = from + to + ".csv",
          .failure = {}};
}

TEST(MeshIndex, KeepsRowsAndCutsWhatIsIncomplete) {
  const TemporaryFolder folder;
  {
    MeshIndex index(folder.path());
    index.add(row("a", "b", 1.5));
    IndexRow failed = row("b", "a", 2);
    failed.file.clear();
    failed.failure = "b: \"no\", he said";
    index.add(failed);
    IndexRow other = row("a", "b", 1);
    other.tournament = "20261128T020000Z";
    index.add(other);
  }
  std::ofstream(folder.path() / "index.csv", std::ios::app) << "20261128T010000Z,1,a";
  MeshIndex index(folder.path());
  index.add(row("a", "c", 3));
  const auto rows = index.rows_of("20261128T010000Z");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].failure, "b: \"no\", he said");
  EXPECT_EQ(rows[1].file, "");
  EXPECT_EQ(rows[2].to, "c");
  EXPECT_EQ(times_of(rows), (PairTimes{{{"a", "b"}, 1.5}, {{"a", "c"}, 3.0}}));
}

TEST(MeshIndex, RejectsAnotherFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "index.csv") << "something,else\n";
  EXPECT_THROW(MeshIndex{folder.path()}, WorldError);
}

TEST(MeshPlan, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_plan(folder.path()));
  const MeshPlan plan{.tournament = "20261128T010203Z",
                      .seed = ~std::uint64_t{0},
                      .hosts = {{"a", "192.0.2.1"}, {"b", "b"}},
                      .sweep = {"--sizes=1"},
                      .direction = "up"};
  write_plan(folder.path(), plan);
  const auto read = read_plan(folder.path());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_like(plan));
  EXPECT_EQ(std::pair(read->tournament, read->seed), std::pair(plan.tournament, plan.seed));
  EXPECT_EQ(plan.day(), "2026-11-28");
  EXPECT_EQ(plan.file_of(plan.hosts[0], plan.hosts[1]), "20261128T010203Z_a_b.csv");
  for (const char* text : {"{}", "[", "{\"format\": \"tcpstep-mesh/1\"}", "{\"format\": 1}"}) {
    std::ofstream(folder.path() / "mesh.json") << text;
    EXPECT_THROW(static_cast<void>(read_plan(folder.path())), WorldError) << text;
  }
}

TEST(Forecast, AddsUpRoundsByTheirSlowestPlace) {
  const std::vector<MeshHost> hosts{{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "d"}};
  const std::vector<MeshRound> rounds{{{0, 1}, {2, 3}}, {{0, 2}, {1, 3}}};
  const PairTimes times{{{"a", "b"}, 2.0}, {{"b", "a"}, 3.0}};
  const auto seconds = [](double value) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
  };
  EXPECT_EQ(forecast(rounds, hosts, 10, times, 1), seconds(5 + 2));
  EXPECT_EQ(forecast(rounds, hosts, 1, times, 1), seconds(5 + 2 + 2 + 2));
  EXPECT_EQ(forecast({}, hosts, 1, times, 1), seconds(0));
}

}  // namespace
}  // namespace tcpstep
