#include "lib/protocol/sweep_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMostRounds = 1'000'000;
constexpr PayloadSize kReference(1);
constexpr PayloadSize kLargestByDefault(9901);
constexpr std::uint32_t kSmallestMss = 48;        // that Linux sends with (TCP_MIN_SND_MSS)
constexpr std::size_t kMostListedSizes = 50'000;  // more differ only by what is listed twice

[[noreturn]] void fail_sizes(std::string_view text, std::string_view why) {
  throw UsageError(fmt::format("invalid payload sizes '{}': {}", printable(text), why),
                   "Sizes are bytes: 1:9901:100 (first:last:step), 1,100,1448, boundaries, or "
                   "several of these joined by commas.");
}

std::uint32_t parse_size(std::string_view text, std::string_view number) {
  const auto bytes = number_of_bytes(number);
  if (!bytes) {
    fail_sizes(text, fmt::format("'{}' is not a whole number", printable(number)));
  }
  if (*bytes < 1 || *bytes > PayloadSize::kLargest) {
    fail_sizes(text, fmt::format("{} is out of range: expected 1 to {} bytes", printable(number),
                                 PayloadSize::kLargest));
  }
  return static_cast<std::uint32_t>(*bytes);
}

std::uint64_t bytes_in(const std::vector<PayloadSize>& sizes) {
  std::uint64_t bytes = 0;
  for (const PayloadSize size : sizes) {
    bytes += size.bytes();
  }
  return bytes;
}

// Adds one number or range, with the bytes of all of them so far kept below the limit.
void add_sizes(std::string_view text, std::string_view item, std::vector<PayloadSize>& sizes,
               std::uint64_t& total) {
  const auto numbers = split(item, ":");
  if (numbers.size() == 2 || numbers.size() > 3) {
    fail_sizes(text, fmt::format("'{}' is neither a number nor first:last:step", printable(item)));
  }
  const std::uint32_t first = parse_size(text, numbers[0]);
  const std::uint32_t last = numbers.size() == 3 ? parse_size(text, numbers[1]) : first;
  const std::uint32_t step = numbers.size() == 3 ? parse_size(text, numbers[2]) : 1;
  if (last < first) {
    fail_sizes(text, fmt::format("{}: the last size is smaller than the first", item));
  }
  for (std::uint64_t bytes = first; bytes <= last; bytes += step) {
    total += bytes;
    if (total > kLargestRoundBytes) {
      fail_sizes(text, "one round would be more than 1 GiB");
    }
    sizes.emplace_back(static_cast<std::uint32_t>(bytes));
  }
}

}  // namespace

std::vector<PayloadSize> ascending(const std::vector<PayloadSize>& sizes) {
  constexpr std::uint32_t kBits = 64;
  if (sizes.empty()) {
    return {};
  }
  std::vector<std::uint64_t> present(std::ranges::max(sizes).bytes() / kBits + 1);
  for (const PayloadSize size : sizes) {
    present[size.bytes() / kBits] |= std::uint64_t{1} << size.bytes() % kBits;
  }
  std::vector<PayloadSize> result;
  result.reserve(sizes.size());
  for (std::size_t word = 0; word < present.size(); ++word) {
    for (std::uint64_t bits = present[word]; bits != 0; bits &= bits - 1) {
      result.emplace_back(static_cast<std::uint32_t>(word) * kBits +
                          static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }
  return result;
}

PayloadSize SizeList::largest() const {
  const PayloadSize given = fixed.empty() ? kReference : fixed.back();
  return has_boundaries ? std::max(given, kLargestByDefault) : given;
}

std::uint64_t SizeList::most() const {
  const std::uint64_t boundaries = largest().bytes() / kSmallestMss;
  return std::max<std::uint64_t>(fixed.size(), 1) + (has_boundaries ? 4 * boundaries : 0);
}

std::optional<std::vector<PayloadSize>> SizeList::resolve(std::optional<Mss> mss) const {
  const PayloadSize given = fixed.empty() ? kReference : fixed.back();
  const bool has_room = mss && given.bytes() > mss->bytes();
  const std::uint32_t last = (has_room ? given : largest()).bytes();
  std::vector<PayloadSize> sizes = fixed;
  if (sizes.empty()) {
    sizes.push_back(kReference);
  }
  std::uint64_t total = 0;  // of these boundaries; a size may be among them more than once
  if (has_boundaries && mss) {
    for (std::uint32_t boundary = mss->bytes(); boundary <= last; boundary += mss->bytes()) {
      for (std::uint32_t bytes = std::max(boundary, 2U) - 1; bytes <= boundary + 2; ++bytes) {
        if (bytes <= last) {
          sizes.emplace_back(bytes);
          total += bytes;
        }
      }
      if (total > 4 * kLargestRoundBytes) {
        return std::nullopt;
      }
    }
  }
  if (sizes.size() > fixed.size()) {
    sizes = ascending(sizes);
  }
  return bytes_in(sizes) <= kLargestRoundBytes ? std::optional(std::move(sizes)) : std::nullopt;
}

SizeList parse_sizes(std::string_view text) {
  SizeList list;
  list.text = text;
  std::uint64_t total = 0;
  for (const std::string_view item : split(text, ",")) {
    if (item == "boundaries") {
      list.has_boundaries = true;
    } else {
      add_sizes(text, item, list.fixed, total);
    }
    if (list.fixed.size() > kMostListedSizes) {  // a stranger may ask
      fail_sizes(text.substr(0, 40), fmt::format("more than {} sizes", kMostListedSizes));
    }
  }
  list.fixed = ascending(list.fixed);
  return list;
}

// Parsed once: each message of a stranger begins with these.
const SizeList& usual_sizes() {
  static const SizeList sizes = parse_sizes("1:9901:100");
  return sizes;
}

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
  return std::min(all_rounds(),
                  std::max({fewest, done, static_cast<std::uint64_t>(std::ceil(fitting))}));
}

std::optional<RunVolume> SweepSpec::volume(std::optional<Mss> mss) const {
  const auto resolved = sizes.resolve(mss);
  return resolved ? std::optional(RunVolume{.pings = all_rounds() * resolved->size(),
                                            .bytes = all_rounds() * bytes_in(*resolved)})
                  : std::nullopt;
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
