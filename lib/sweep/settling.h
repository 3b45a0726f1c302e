// Whether more rounds would still change the table of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// Settled: the mean of the fastest pings of every class has not moved by more than 0.25 % of the
// reference, the smallest size, for a few rounds.
class Settling {
 public:
  // `sizes` are ascending. Without an MSS they are one class.
  Settling(std::span<const PayloadSize> sizes, std::optional<Mss> mss);

  // Takes the fastest ping so far of each size, after one more round or several. True once they
  // are settled. Duration::max() is none yet.
  bool add(std::span<const Duration> fastest);

 private:
  [[nodiscard]] std::vector<double> means_of(std::span<const Duration> fastest) const;

  std::vector<std::uint32_t> class_of_size_;
  std::vector<double> settled_at_;  // means that have not moved since
  std::uint32_t steady_ = 0;        // calls since then
};

}  // namespace tcpstep
