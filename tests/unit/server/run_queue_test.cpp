#include "server/run_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const RecentUse::Time kNow{100h};

TEST(RunQueueTest, GivesOneOfEachNetworkATurn) {
  RunQueue queue;
  queue.add(1, "a");
  queue.add(2, "a");
  queue.add(3, "a");
  queue.add(4, "b");
  queue.add(5, "c");
  EXPECT_THAT(queue.turns(RecentUse()), ElementsAre(1, 4, 5, 2, 3));
}

TEST(RunQueueTest, PrefersTheNetworkWhoseLastRunIsLongestAgo) {
  RecentUse use;
  use.add_run("a", kNow);
  use.add_run("b", kNow - 1min);
  RunQueue queue;
  queue.add(1, "a");
  queue.add(2, "b");
  queue.add(3, "never");
  EXPECT_THAT(queue.turns(use), ElementsAre(3, 2, 1));
}

TEST(RunQueueTest, DisplacesTheLastOfTheNetworkWithTheMostPlaces) {
  RunQueue queue;
  queue.add(1, "a");
  queue.add(2, "a");
  queue.add(3, "b");
  EXPECT_EQ(queue.to_displace_for("c"), 2);
  EXPECT_EQ(queue.to_displace_for("b"), std::nullopt);  // it would have as many as "a"
  EXPECT_EQ(queue.to_displace_for("a"), std::nullopt);
  queue.remove(2);
  EXPECT_EQ(queue.to_displace_for("c"), std::nullopt);
}

TEST(RecentUseTest, SuspectsANetworkWithAFailedRunWhileManyFail) {
  RecentUse use;
  use.add_run("a", kNow);
  use.add_run("b", kNow);
  for (std::size_t i = 0; i + 1 < kFailuresPerMinute; ++i) {
    use.add_failure("a", kNow);
  }
  EXPECT_FALSE(use.has_many_failures("a", kNow));
  use.add_failure("a", kNow);
  EXPECT_TRUE(use.has_many_failures("a", kNow));
  EXPECT_FALSE(use.has_many_failures("b", kNow));
  EXPECT_FALSE(use.has_many_failures("a", kNow + 61s));
}

TEST(RecentUseTest, ForgetsTheNetworksThatWereHereLeastRecently) {
  RecentUse use(10);
  for (int i = 0; i < 100'000; ++i) {
    use.add_refusal("crowd" + std::to_string(i), kNow + std::chrono::milliseconds(i));
    use.add_refusal("present", kNow + std::chrono::milliseconds(i));
  }
  EXPECT_EQ(use.count("crowd0", kNow + 100s), 0);
  EXPECT_EQ(use.count("crowd99999", kNow + 100s), 1);
  EXPECT_EQ(use.count("present", kNow + 100s), 10);
}

TEST(RunQueueTest, KnowsWhetherOthersWait) {
  RunQueue queue;
  queue.add(1, "a");
  EXPECT_FALSE(queue.has_others("a"));
  EXPECT_TRUE(queue.has_others("b"));
}

TEST(RecentUseTest, ForgetsAfterAnHour) {
  RecentUse use;
  use.add_run("a", kNow - 61min);
  use.add_refusal("a", kNow - 59min);
  EXPECT_EQ(use.count("a", kNow), 1);
  use.add_refusal("b", kNow + 2h);
  EXPECT_EQ(use.count("a", kNow + 2h), 0);
}

}  // namespace
}  // namespace tcpstep
