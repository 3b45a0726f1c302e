#include "lib/cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tcpstep {
namespace {

constexpr std::uint64_t kCells = 30;
constexpr std::chrono::milliseconds kRedrawAfter{100};

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

// Not fmt::print, which throws: a terminal that was closed must not cost the run its trailer.
void draw(const std::string& line) {
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
}

}  // namespace

ProgressBar::ProgressBar(std::string_view noun, std::uint64_t total, bool is_wanted)
    : noun_(noun), total_(total), is_on_(is_wanted && total > 0 && is_terminal()) {}

ProgressBar::~ProgressBar() {
  if (is_on_) {
    draw({});
  }
}

void ProgressBar::show(std::uint64_t done, std::string_view detail) {
  if (!is_on_) {
    return;
  }
  const auto now = Clock::now();
  if (now - drawn_ < kRedrawAfter) {
    return;
  }
  drawn_ = now;
  draw(progress_line(noun_, done, total_, now - started_, detail));
}

std::string progress_line(std::string_view noun, std::uint64_t done, std::uint64_t total,
                          std::chrono::nanoseconds elapsed, std::string_view detail) {
  std::string bar;
  for (std::uint64_t cell = 0; cell < kCells; ++cell) {
    bar += cell * total < done * kCells ? "━" : "─";
  }
  const auto left = done == 0 ? std::chrono::nanoseconds::zero()
                              : elapsed / static_cast<std::int64_t>(done) *
                                    static_cast<std::int64_t>(total - done);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  const std::string eta = done == 0 ? "" : fmt::format("  eta {} s", seconds);
  return fmt::format("{} {:>{}}/{} {} {:>3} %{}  {}", noun, done, fmt::formatted_size("{}", total),
                     total, bar, done * 100 / total, eta, detail);
}

}  // namespace tcpstep
