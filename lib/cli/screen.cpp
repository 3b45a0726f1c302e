#include "lib/cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "lib/cli/program.h"

namespace tcpstep {
namespace {

constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kWidest = 1000;

std::optional<std::size_t> columns_of_environment() {
  const char* text = std::getenv("COLUMNS");
  if (text == nullptr) {
    return std::nullopt;
  }
  const std::string_view digits = text;
  std::size_t columns = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), columns);
  const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
  return is_number && columns >= kNarrowest && columns <= kWidest ? std::optional(columns)
                                                                  : std::nullopt;
}

}  // namespace

std::optional<std::size_t> columns_of_terminal(int fd) {
  winsize size{};
  const bool is_known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= kNarrowest;
  return is_known ? std::optional<std::size_t>(size.ws_col) : std::nullopt;
}

// By name, as locale(7) chooses it: a process without the right to open files has no other way.
bool is_locale_unicode() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') {
      const std::string_view name = value;
      return std::ranges::any_of(
          std::array<std::string_view, 4>{"UTF-8", "utf-8", "utf8", "UTF8"},
          [&](std::string_view known) { return name.find(known) != std::string_view::npos; });
    }
  }
  return false;
}

Screen screen_of_output() {
  Screen screen;
  if (const auto columns = columns_of_terminal(STDOUT_FILENO)) {
    screen.columns = *columns;
  } else if (const auto wanted = columns_of_environment()) {
    screen.columns = *wanted;
  }
  screen.is_unicode = is_locale_unicode();
  return screen;
}

bool is_output_watched() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' &&
         std::string_view(kind) != "dumb";
}

void print_text(std::string_view text, const Screen& screen) {
  print_data(shown_on(screen, std::string(text)));
}

}  // namespace tcpstep
