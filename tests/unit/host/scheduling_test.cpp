#include "lib/host/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "lib/base/error.h"
#include "lib/host/host_info.h"

namespace tcpstep {
namespace {

// Every test runs in a process of its own under ctest; the affinity is put back all the same.
class SchedulingTest : public testing::Test {
 protected:
  SchedulingTest() { ::sched_getaffinity(0, sizeof before, &before); }
  ~SchedulingTest() override { ::sched_setaffinity(0, sizeof before, &before); }

  // The lowest processor this process may use.
  [[nodiscard]] std::uint32_t first_cpu() const {
    std::uint32_t cpu = 0;
    while (!CPU_ISSET(cpu, &before)) {
      ++cpu;
    }
    return cpu;
  }

  cpu_set_t before{};
};

TEST_F(SchedulingTest, LeavesTheProcessAloneByDefault) {
  const EffectiveScheduling effective = apply({});
  EXPECT_EQ(effective.realtime, "off");
  EXPECT_TRUE(effective.warnings.empty());
  cpu_set_t after;
  ::sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST_F(SchedulingTest, PinsAndReadsBack) {
  EXPECT_EQ(apply({.wait = Wait::Block, .cpu = first_cpu()}).cpu, std::to_string(first_cpu()));
  EXPECT_EQ(describe_host().processors, 1U);
}

TEST_F(SchedulingTest, RefusesAProcessorThatIsNotThere) {
  EXPECT_THROW(apply({.wait = Wait::Block, .cpu = 1023}), WorldError);
  EXPECT_THROW(apply({.wait = Wait::Block, .cpu = 65535}), WorldError);
}

TEST_F(SchedulingTest, KeepsOffAProcessorForAWhile) {
  if (CPU_COUNT(&before) < 2) {
    GTEST_SKIP() << "there is only one processor";
  }
  cpu_set_t now;
  {
    const KeptOff kept_off(first_cpu());
    ::sched_getaffinity(0, sizeof now, &now);
    EXPECT_FALSE(CPU_ISSET(first_cpu(), &now));
    EXPECT_EQ(CPU_COUNT(&now), CPU_COUNT(&before) - 1);
  }
  ::sched_getaffinity(0, sizeof now, &now);
  EXPECT_TRUE(CPU_EQUAL(&before, &now));
}

TEST_F(SchedulingTest, UsesTheOnlyProcessorAllTheSame) {
  apply({.wait = Wait::Block, .cpu = first_cpu()});
  const KeptOff kept_off(first_cpu());
  EXPECT_EQ(describe_host().processors, 1U);
}

TEST_F(SchedulingTest, RefusesToSpinOnTheOnlyProcessor) {
  apply({.wait = Wait::Block, .cpu = first_cpu()});
  EXPECT_THROW(apply({.wait = Wait::Spin, .cpu = {}}), WorldError);
}

}  // namespace
}  // namespace tcpstep
