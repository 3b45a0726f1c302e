// The test of a comparison: runs in blocks, contrasts of classes, one verdict (docs/statistics.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/compare/comparison.h"
#include "lib/stats/interleaving.h"
#include "lib/stats/max_t.h"

namespace tcpstep {

// One comparison under way. Its methods stand in three files: what is tested, what is refused, and
// what follows.
class RunTest {
 public:
  // Facts about the sides and the settings are in `result` already. The runs outlive the test.
  RunTest(Comparison& result, std::vector<Run>& baseline, std::vector<Run>& candidate);

  void run();

 private:
  static constexpr double kLocalShare = 0.2;  // of alpha, for the sizes one by one

  void sort_by_start();
  void choose_blocks();
  void choose_mss();
  [[nodiscard]] std::optional<MssFit> fit(const ContrastTable& floors, Side side) const;
  [[nodiscard]] MaxT max_t() const;
  void refuse(std::string reason, std::string remedy);

  void choose_sizes();
  void check_runs();
  void check_losses(bool is_testable);
  bool test_retransmissions();

  [[nodiscard]] double smallest_change(Family family) const;
  void estimate_only();
  void test_all();
  void conclude(double excluded);
  void look_for_slow_mode();

  Comparison& result_;
  const CompareSettings& settings_;
  std::vector<const Run*> runs_;  // in the order in time, if that is known
  std::vector<Side> order_;
  std::vector<std::size_t> blocks_;
  std::vector<PayloadSize> sizes_;
  ContrastTable table_;
  Mss classes_{PayloadSize::kLargest};
  std::size_t draws_ = 1;
  double alpha_ = 0;
  bool has_starts_ = false;
  bool is_interleaved_ = false;
  bool is_ranked_ = false;
};

}  // namespace tcpstep
