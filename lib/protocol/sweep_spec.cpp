#include "lib/protocol/sweep_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMostRounds = 1'000'000;

template <class Enum>
std::string word_of(Enum value) {
  const auto& names = kNamesOf<Enum>;
  return std::string(
      std::ranges::find(names, value, [](auto& name) { return name.second; })->first);
}

}  // namespace

std::string to_text(const std::string& name) {
  return name;
}

std::string to_text(const SizeList& sizes) {
  return sizes.text;
}

std::string to_text(std::uint32_t count) {
  return std::to_string(count);
}

std::string to_text(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : std::string();
}

std::string to_text(Duration duration) {
  const std::pair<Duration, std::string_view> units[]{
      {1min, "min"}, {1s, "s"}, {1ms, "ms"}, {1us, "us"}};
  for (const auto& [unit, name] : units) {
    if (duration != 0ns && duration % unit == 0ns) {
      return fmt::format("{}{}", duration / unit, name);
    }
  }
  return duration == 0ns ? "0" : fmt::format("{}ns", duration.count());
}

std::string to_text(const std::optional<Duration>& duration) {
  return duration ? to_text(*duration) : std::string();
}

std::string to_text(Order order) {
  return word_of(order);
}

std::string to_text(Fill fill) {
  return word_of(fill);
}

std::string to_text(MeasuredDirection direction) {
  return word_of(direction);
}

std::string to_text(ConnectionMode connection) {
  return word_of(connection);
}

std::uint32_t parse_rounds(std::string_view text) {
  return static_cast<std::uint32_t>(parse_count(text, 1, kMostRounds));
}

std::uint32_t parse_warmup_rounds(std::string_view text) {
  return static_cast<std::uint32_t>(parse_count(text, 0, kMostRounds));
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  return parse_count(text, 0, std::numeric_limits<std::uint64_t>::max());
}

std::optional<Duration> parse_run_time(std::string_view text) {
  return parse_duration(text, 1s, 24h);
}

Duration parse_interval(std::string_view text) {
  return parse_duration(text, 0s, 1h);
}

Duration parse_timeout(std::string_view text) {
  return parse_duration(text, 1ms, 1h);
}

template <class Enum>
Enum parse_word(std::string_view text) {
  const auto& names = kNamesOf<Enum>;
  const auto found = std::ranges::find(names, text, [](auto& name) { return name.first; });
  if (found == names.end()) {
    std::string choices;
    std::string meant;  // "upload" and "uplink" are up
    std::vector<std::string> words;
    for (const auto& [name, value] : names) {
      choices += (choices.empty() ? "" : " or ") + std::string(name);
      meant = text.starts_with(name) ? name : meant;
      words.emplace_back(name);
    }
    meant = meant.empty() ? nearest_word(text, words) : meant;
    throw UsageError(fmt::format("invalid value '{}': expected {}", printable(text), choices),
                     meant.empty() ? meant : fmt::format("Did you mean {}?", meant));
  }
  return found->second;
}
template Order parse_word(std::string_view text);
template Fill parse_word(std::string_view text);
template MeasuredDirection parse_word(std::string_view text);
template ConnectionMode parse_word(std::string_view text);

std::uint64_t SweepSpec::expected_rounds(std::uint64_t done, Duration elapsed) const {
  if (!time || done == 0 || elapsed <= Duration::zero()) {
    return all_rounds();
  }
  const double fitting = static_cast<double>(done) * static_cast<double>(time->count()) /
                         static_cast<double>(elapsed.count());
  const std::uint64_t fewest = std::uint64_t{warmup_rounds} + fewest_rounds();
  return std::min(all_rounds(), std::max({fewest, done, static_cast<std::uint64_t>(fitting)}));
}

SweepSpec PartialSweep::over(SweepSpec other) const {
  for_each_sweep_field([&](const auto& field) {
    if (chosen.contains(field.key)) {
      other.*field.member = values.*field.member;
    }
  });
  return other;
}

std::string PartialSweep::difference(const SweepSpec& granted) const {
  std::string text;
  for_each_sweep_field([&](const auto& field) {
    const bool is_chosen = (field.where & kAlwaysInRequest) != 0 || chosen.contains(field.key);
    const std::string asked = to_text(values.*field.member);
    const std::string found = to_text(granted.*field.member);
    if (is_chosen && asked != found) {
      const std::string granted_text = found.empty()
                                           ? fmt::format("no {}", field.option)
                                           : fmt::format("{} {}", field.option, printable(found));
      text += fmt::format("{}{} instead of {}", text.empty() ? "" : ", ", granted_text, asked);
    }
  });
  return text;
}

bool PartialSweep::lengthens_run() const {
  bool found = false;
  for_each_sweep_field([&](const auto& field) {
    found = found || ((field.where & kLengthensRun) != 0 && chosen.contains(field.key));
  });
  return found;
}

}  // namespace tcpstep
