// How late an emulator was: distribution of (written - due) over the packets of a run.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/units.h"

namespace tcpstep {

class SchedulingError {
 public:
  void add(Duration late) {
    const auto microseconds =
        static_cast<std::uint64_t>(late.count() < 0 ? 0 : late.count()) / 1000;
    ++counts_[microseconds < counts_.size() ? microseconds : counts_.size() - 1];
    ++packets_;
  }

  // At most this late were `share` of all packets, to the next microsecond; above 20 ms it says 20
  // ms.
  [[nodiscard]] Duration quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(packets_));
    std::uint64_t seen = 0;
    std::size_t microseconds = 0;
    while (microseconds + 1 < counts_.size() && (seen += counts_[microseconds]) <= wanted) {
      ++microseconds;
    }
    return std::chrono::microseconds(packets_ == 0 ? 0 : microseconds + 1);
  }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }

 private:
  std::array<std::uint32_t, 20'000> counts_{};  // of each microsecond; the last: and above
  std::uint64_t packets_ = 0;
};

}  // namespace tcpstep
