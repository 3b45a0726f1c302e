#include "lib/protocol/sweep_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

TEST(SweepSpecTest, DefaultsAreTheSweepOf2014) {
  std::string text;
  for_each_sweep_field([&](const auto& field) {
    text += std::string(field.option) + "=" + to_text(SweepSpec{}.*field.member) + " ";
  });
  EXPECT_EQ(text,
            "link=unnamed label= sizes=1:9901:100 rounds=20 time= warmup=1 order=ascending seed= "
            "interval=0 timeout=10s fill=random direction=down connection=warm ");
}

TEST(SweepSpecTest, EveryPrintedValueIsParsedBack) {
  const SweepSpec sweep{.link = "adsl",
                        .label = "desk",
                        .direction = MeasuredDirection::Up,
                        .connection = ConnectionMode::Fresh,
                        .sizes = parse_sizes("1,100,boundaries"),
                        .rounds = 7,
                        .time = 10s,
                        .warmup_rounds = 0,
                        .order = Order::Shuffled,
                        .seed = 0,
                        .interval = 1500us,
                        .timeout = 90s,
                        .fill = Fill::Zero};
  for_each_sweep_field([&](const auto& field) {
    const std::string text = to_text(sweep.*field.member);
    EXPECT_EQ(to_text(field.parse(text)), text) << field.key;
  });
}

TEST(SweepSpecTest, InvalidValuesNameWhatWasExpected) {
  try {
    static_cast<void>(parse_word<Order>("random"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "invalid value 'random': expected ascending or shuffled");
  }
  try {
    static_cast<void>(parse_word<MeasuredDirection>("upload"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(error.hint(), "Did you mean up?");
  }
  EXPECT_THROW(static_cast<void>(parse_rounds("0")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_rounds("1000001")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_interval("61min")), UsageError);
  EXPECT_THROW(static_cast<void>(parse_timeout("0")), UsageError);
}

TEST(SweepSpecTest, ARequestReplacesOnlyWhatItChose) {
  PartialSweep request;
  request.values.rounds = 3;
  request.values.link = "adsl";
  request.chosen = {"link"};
  const SweepSpec server{.label = "desk", .rounds = 5};
  const SweepSpec agreed = request.over(server);
  EXPECT_EQ(agreed.link, "adsl");
  EXPECT_EQ(agreed.rounds, 5U);
  EXPECT_EQ(agreed.label, "desk");
  EXPECT_FALSE(request.lengthens_run());
  request.chosen.insert("rounds");
  EXPECT_TRUE(request.lengthens_run());
}

}  // namespace
}  // namespace tcpstep
