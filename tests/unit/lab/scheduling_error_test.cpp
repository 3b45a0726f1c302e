#include "lab/scheduling_error.h"

#include <gtest/gtest.h>

#include <memory>

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(SchedulingErrorTest, GivesQuantilesToTheNextMicrosecond) {
  const auto error = std::make_unique<SchedulingError>();
  for (int i = 0; i < 100; ++i) {
    error->add(i * 1us + 500ns);
  }
  EXPECT_EQ(error->quantile(0.5), 51us);
  EXPECT_EQ(error->quantile(0.99), 100us);
  EXPECT_EQ(error->packets(), 100U);
}

TEST(SchedulingErrorTest, StopsAtTwentyMilliseconds) {
  const auto error = std::make_unique<SchedulingError>();
  EXPECT_EQ(error->quantile(0.99), 0us);
  error->add(1s);
  EXPECT_EQ(error->quantile(0.99), 20ms);
}

}  // namespace
}  // namespace tcpstep
