#include "lib/sweep/running_minima.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace tcpstep {

RunningMinima::RunningMinima(std::span<const PayloadSize> sizes)
    : sizes_(sizes.begin(), sizes.end()), fastest_(sizes.size(), Duration::max()) {}

void RunningMinima::add(std::span<const Sample> samples) {
  for (const Sample& sample : samples) {
    const auto size = std::ranges::lower_bound(sizes_, sample.size);
    const bool counts = sample.round > 0 && sample.status == PingStatus::Ok &&
                        sample.evidence.retransmits.value_or(0) == 0;
    if (counts && size != sizes_.end() && *size == sample.size) {
      Duration& fastest = fastest_[static_cast<std::size_t>(size - sizes_.begin())];
      fastest = std::min(fastest, sample.rtt);
    }
  }
}

std::string RunningMinima::text(std::optional<Mss> mss, std::string_view about) const {
  if (fastest_.front() == Duration::max()) {
    return {};
  }
  const auto reference = static_cast<double>(fastest_.front().count());
  double sum = 0;
  int count = 0;
  for (std::size_t i = 1; i < sizes_.size() && mss; ++i) {
    if (segments_needed(sizes_[i], *mss) == 2 && fastest_[i] != Duration::max()) {
      sum += static_cast<double>(fastest_[i].count());
      ++count;
    }
  }
  std::string text =
      fmt::format("{} B {}{}", sizes_.front().bytes(), about, format_duration(fastest_.front()));
  if (count > 0 && reference > 0) {
    text += fmt::format("  2nd {:+.0f} %", 100 * (sum / count / reference - 1));
  }
  return text;
}

}  // namespace tcpstep
