// What the tests of comparisons share: runs with steps, and what to expect of a refusal.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/compare/comparison.h"
#include "tests/unit/compare/synthetic_runs.h"

namespace tcpstep {

inline double stairs(std::uint32_t bytes, std::uint32_t mss) {
  return 10'000 + bytes + 3000.0 * (segments_needed(PayloadSize(bytes), Mss(mss)) - 1);
}

inline SyntheticRun with(double (*ns)(std::uint32_t)) {
  return {.ns = ns};
}

inline SyntheticRun plain() {
  return with([](std::uint32_t bytes) { return stairs(bytes, 1448); });
}

// What cannot be decided is refused with a reason, never passed.
inline void expect_refusal(const Comparison& result, const std::string& reason) {
  EXPECT_EQ(result.verdict, Verdict::Inconclusive);
  EXPECT_THAT(result.reasons, testing::Contains(testing::HasSubstr(reason)));
  EXPECT_FALSE(result.excluded);
  for (const ContrastResult& row : result.contrasts) {
    EXPECT_FALSE(row.p_slower);
    EXPECT_FALSE(row.is_slower);
  }
}

inline Comparison compare(const Sides& sides, const CompareSettings& settings = {}) {
  return compare(sides.baseline, sides.candidate, settings);
}

inline void expect_not_comparable(const Comparison& result, const std::string& reason) {
  EXPECT_EQ(result.verdict, Verdict::NotComparable);
  EXPECT_THAT(result.reasons, testing::Contains(testing::HasSubstr(reason)));
  EXPECT_THAT(result.contrasts, testing::IsEmpty());
}

}  // namespace tcpstep
