// The progress of a run, on a terminal only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tcpstep {

// One line on stderr, redrawn at most ten times a second and erased at the end. Silent if stderr is
// not a terminal that can erase a line, or `is_wanted` is false. Draw between rounds, never inside
// a timed part.
class ProgressBar {
 public:
  ProgressBar(std::string_view noun, std::uint64_t total, bool is_wanted);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done, std::string_view detail);
  // Whether show() would draw now: for details that are not for free.
  [[nodiscard]] bool is_due() const;
  // The same if the total is another one than before.
  void show(std::uint64_t done, std::uint64_t total, std::string_view detail);

  // False where nothing is ever drawn.
  [[nodiscard]] bool is_on() const { return is_on_; }

  // Before something else is printed; the next show() draws it again.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;

  std::string noun_;
  std::uint64_t total_;
  bool is_on_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_{};
};

// The line itself: "round  7/20 ━━━━━━━──────  35 %  eta 47 s  <detail>". It leaves the last of the
// terminal's `columns` free, where some terminals wrap: the detail is cut first, then the bar.
[[nodiscard]] std::string progress_line(std::string_view noun, std::uint64_t done,
                                        std::uint64_t total, std::chrono::nanoseconds elapsed,
                                        std::string_view detail, std::size_t columns);

}  // namespace tcpstep
