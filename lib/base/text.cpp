#include "lib/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace tcpstep {
namespace {

struct Unit {
  double nanoseconds;
  std::string_view name;
};

Unit unit_for(Duration duration) {
  const double ns = std::abs(static_cast<double>(duration.count()));
  if (ns < 1e6) {
    return {1e3, "µs"};
  }
  if (ns < 2e9) {
    return {1e6, "ms"};
  }
  return {1e9, "s"};
}

int decimals_for(double value) {
  const double size = std::abs(value);
  if (size < 10) {
    return 3;
  }
  if (size < 100) {
    return 2;
  }
  return size < 1000 ? 1 : 0;
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

// Levenshtein's distance: how many letters to change, add or take away.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string format_duration(Duration duration) {
  const Unit unit = unit_for(duration);
  const double value = static_cast<double>(duration.count()) / unit.nanoseconds;
  return fmt::format("{:.{}f} {}", value, decimals_for(value), unit.name);
}

std::string format_difference(Duration difference, Duration scale) {
  const Unit unit = unit_for(scale);
  const double value = static_cast<double>(difference.count()) / unit.nanoseconds;
  return fmt::format("{:+.2f} {}", std::abs(value) < 0.005 ? 0 : value, unit.name);  // no "-0.00"
}

std::string rough_duration(Duration duration) {
  using namespace std::chrono_literals;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::max<Duration>(duration, 1s));
  return seconds < 2min
             ? fmt::format("{} s", seconds.count())
             : fmt::format("{} min", std::chrono::round<std::chrono::minutes>(seconds).count());
}

std::string count_of(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  for (const char c : text.substr(0, limit)) {
    if (is_plain(c) && c != '\\') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text.size() > limit ? result + "…" : result;
}

std::string header_safe(std::string_view text) {
  std::string result(text);
  std::ranges::replace(result, '"', '\'');
  std::ranges::replace_if(
      result, [](char c) { return !is_plain(c) || c == ',' || c == '#'; }, ' ');
  return result;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) {
      return parts;
    }
    begin = end + separator.size();
  }
}

std::string_view last_line(std::string_view text) {
  text = text.substr(0, text.find_last_not_of('\n') + 1);
  return text.substr(text.rfind('\n') + 1);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = 3;  // more than two letters apart is another word
  for (const std::string& candidate : known) {
    const bool is_beginning = word.size() > 1 && candidate.starts_with(word);
    const std::size_t distance = is_beginning ? 0 : edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tcpstep
