// The fastest pings of a run that goes on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/units.h"

namespace tcpstep {

class RunningMinima {
 public:
  // `sizes` are ascending, and not empty.
  explicit RunningMinima(std::span<const PayloadSize> sizes);

  // Takes counted pings without retransmissions. Not for the timed part.
  void add(std::span<const Sample> samples);

  // Of each size; Duration::max() if there is none yet.
  [[nodiscard]] std::span<const Duration> fastest() const { return fastest_; }

  // "1 B 21.10 ms  2nd +13 %": the smallest size, and what a second packet adds to it: the mean
  // over its sizes, as in the table. Empty before the first counted round, and without the second
  // part where no size has two packets. `about` precedes a time that is not exact.
  [[nodiscard]] std::string text(std::optional<Mss> mss, std::string_view about = {}) const;

 private:
  std::vector<PayloadSize> sizes_;
  std::vector<Duration> fastest_;
};

}  // namespace tcpstep
