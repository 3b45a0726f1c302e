#include "server/run_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(queue.turns({}), ElementsAre(1, 4, 5, 2, 3));
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

TEST(RecentUseTest, ForgetsAfterAnHour) {
  RecentUse use;
  use.add_run("a", kNow - 61min);
  use.add_refusal("a", kNow - 59min);
  EXPECT_EQ(use.count("a", kNow), 1);
  use.add_refusal("b", kNow + 2h);
  EXPECT_EQ(use.count("a", kNow + 2h), 0);
  EXPECT_EQ(use.last_run("a"), RecentUse::Time{});
}

}  // namespace
}  // namespace tcpstep
