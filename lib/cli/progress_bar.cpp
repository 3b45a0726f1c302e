#include "lib/cli/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "lib/base/screen_text.h"
#include "lib/cli/screen.h"

namespace tcpstep {
namespace {

constexpr std::size_t kFewestCells = 8;
constexpr std::size_t kMostCells = 30;
constexpr std::size_t kLeastDetail = 14;  // columns
constexpr std::size_t kUsualColumns = 80;
constexpr std::chrono::milliseconds kRedrawAfter{100};

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && *kind != '\0' &&
         std::string_view(kind) != "dumb";
}

// The terminal's width, which may change at any time.
std::size_t columns() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kUsualColumns;
}

// Not fmt::print, which throws: a terminal that was closed must not cost the run its trailer.
void draw(const std::string& line) {
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
}

}  // namespace

ProgressBar::ProgressBar(std::string_view noun, std::uint64_t total, bool is_wanted)
    : noun_(noun), total_(total), is_on_(is_wanted && total > 0 && is_terminal()) {}

ProgressBar::~ProgressBar() {
  erase();
}

void ProgressBar::erase() {
  if (is_on_) {
    draw({});
    drawn_ = {};
  }
}

void ProgressBar::show(std::uint64_t done, std::string_view detail) {
  if (!is_due()) {
    return;
  }
  drawn_ = Clock::now();
  const std::string line = progress_line(noun_, done, total_, drawn_ - started_, detail, columns());
  draw(is_locale_unicode() ? line : in_ascii(line));
}

bool ProgressBar::is_due() const {
  return is_on_ && Clock::now() - drawn_ >= kRedrawAfter;
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total, std::string_view detail) {
  total_ = total;
  show(done, detail);
}

std::string progress_line(std::string_view noun, std::uint64_t done, std::uint64_t total,
                          std::chrono::nanoseconds elapsed, std::string_view detail,
                          std::size_t columns) {
  const auto left = done == 0 ? std::chrono::nanoseconds::zero()
                              : elapsed / static_cast<std::int64_t>(done) *
                                    static_cast<std::int64_t>(total - done);
  const std::string eta =
      done == 0 ? ""
                : fmt::format("  eta {} s", std::chrono::ceil<std::chrono::seconds>(left).count());
  const std::string begin =
      fmt::format("{} {:>{}}/{} ", noun, done, fmt::formatted_size("{}", total), total);
  const std::string end = fmt::format(" {:>3} %{}", done * 100 / total, eta);
  std::size_t room = columns > 0 ? columns - 1 : 0;
  if (begin.size() + end.size() > room) {
    return (begin + end).substr(0, room);
  }
  room -= begin.size() + end.size();
  // What is known so far is worth more than a long bar, if there is room for enough of it.
  const std::size_t wanted = detail.empty() ? 0 : columns_of(detail) + 2;
  const bool is_short = room >= kFewestCells + std::min(wanted, kLeastDetail);
  const std::size_t cells =
      std::min(room, is_short ? std::clamp(room - std::min(room, wanted), kFewestCells, kMostCells)
                              : kMostCells);
  room -= cells;
  std::string line = begin;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    line += cell * total < done * cells ? "━" : "─";
  }
  line += end;
  if (!detail.empty() && room > 2) {
    line += "  " + cut_to(detail, room - 2);
  }
  return line;
}

}  // namespace tcpstep
