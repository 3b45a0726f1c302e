#include "lib/link/profile_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLargestFile = std::size_t{64} * 1024;
constexpr std::size_t kLongestNote = 100;
constexpr std::uint32_t kLargestBytes = 65'535;
constexpr std::uint64_t kFastestRate = 10'000'000'000;
constexpr Duration kLongestTime = 1min;

struct RateUnit {
  std::string_view name;
  std::uint64_t bits_per_second;
};

constexpr std::array<RateUnit, 4> kRateUnits{
    {{"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}}};

// A whole number and what stands after it.
std::pair<std::uint64_t, std::string_view> split_unit(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return {parse_count(text.substr(0, digits), 0, UINT64_MAX / 1'000'000'000), text.substr(digits)};
}

Duration parse_time(std::string_view text) {
  return parse_duration(text, 1ns, kLongestTime);
}

std::uint64_t parse_rate(std::string_view text) {
  const auto [number, name] = split_unit(text);
  const auto unit = std::ranges::find(kRateUnits, name, &RateUnit::name);
  if (unit == kRateUnits.end()) {
    throw UsageError(fmt::format("'{}' is no rate", printable(text)),
                     "Write a whole number of bits a second and its unit: 820kbit/s, 12Mbit/s.");
  }
  if (number == 0 || number > kFastestRate / unit->bits_per_second) {
    throw UsageError(fmt::format("{} is not from 1bit/s to 10Gbit/s", printable(text)));
  }
  return number * unit->bits_per_second;
}

std::uint32_t parse_bytes(std::string_view text) {
  const auto [number, unit] = split_unit(text);
  if (unit != "B") {
    throw UsageError(fmt::format("'{}' is no number of bytes", printable(text)),
                     "Write a whole number and B: 40B.");
  }
  if (number == 0 || number > kLargestBytes) {
    throw UsageError(fmt::format("{} is not from 1B to {}B", printable(text), kLargestBytes));
  }
  return static_cast<std::uint32_t>(number);
}

template <std::uint32_t kLargest>
std::uint32_t parse_number(std::string_view text) {
  return static_cast<std::uint32_t>(parse_count(text, 1, kLargest));
}

// "0.1%" as parts of a million; at most four decimals, at most 50 %.
std::uint32_t parse_share(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size() - (text.empty() ? 0 : 1));
  std::string decimals;
  if (point + 2 <= text.size() && text[point] == '.') {
    decimals = text.substr(point + 1, text.size() - point - 2);
  }
  const bool has_point = point < text.size() && text[point] == '.';
  if (!text.ends_with('%') || decimals.size() > 4 || (has_point && decimals.empty())) {
    throw UsageError(fmt::format("'{}' is no share", printable(text)),
                     "Write a share with at most four decimals: 0.1%.");
  }
  decimals.resize(4, '0');
  const std::uint64_t ppm =
      parse_count(text.substr(0, point), 0, 50) * 10'000 + parse_count(decimals, 0, 9'999);
  if (ppm == 0 || ppm > 500'000) {
    throw UsageError(fmt::format("{} is not from 0.0001% to 50%", printable(text)));
  }
  return static_cast<std::uint32_t>(ppm);
}

// The only word that a key knows.
bool parse_word(std::string_view text, std::string_view word) {
  if (text != word) {
    throw UsageError(fmt::format("'{}' is not {}", printable(text), word));
  }
  return true;
}

std::string parse_note(std::string_view text) {
  if (printable(text, kLongestNote) != text) {
    throw UsageError(fmt::format("'{}' is not at most {} plain ASCII characters", printable(text),
                                 kLongestNote));
  }
  return std::string(text);
}

// The seed's percentages; only these may be negative.
int parse_percent(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const auto size = static_cast<int>(parse_count(text.substr(is_negative ? 1 : 0), 0, 1000));
  return is_negative ? -size : size;
}

// A key and what reads its value into a `Target`.
template <class Target>
struct Key {
  std::string_view name;
  std::function<void(Target&, std::string_view)> read;
};

using Link = Profile;
using Way = DirectionProfile;

const std::vector<Key<Link>>& link_keys() {
  static const std::vector<Key<Link>> keys{
      {"note", [](Link& p, auto text) { p.note = parse_note(text); }},
      {"host", [](Link& p, auto text) { p.host = parse_time(text); }},
      {"table_scale", [](Link& p, auto text) { p.table_scale = parse_scale(text); }},
      {"seed_filling", [](Link& p, auto text) { p.seed.filling = parse_percent(text); }},
      {"seed_second", [](Link& p, auto text) { p.seed.second = parse_percent(text); }},
      {"seed_fourth", [](Link& p, auto text) { p.seed.fourth = parse_percent(text); }},
      {"seed_average_filling",
       [](Link& p, auto text) { p.seed.average_filling = parse_percent(text); }},
  };
  return keys;
}

const std::vector<Key<Way>>& direction_keys() {
  static const std::vector<Key<Way>> keys{
      {"loss", [](Way& d, auto text) { d.loss_ppm = parse_share(text); }},
      {"setup", [](Way& d, auto text) { d.block_flow.setup = parse_time(text); }},
      {"open", [](Way& d, auto text) { d.block_flow.open = parse_time(text); }},
      {"release", [](Way& d, auto text) { d.block_flow.release = parse_time(text); }},
      {"keep", [](Way& d, auto text) { d.block_flow.keep = parse_time(text); }},
      {"polled", [](Way& d, auto text) { d.block_flow.polled_ppm = parse_share(text); }},
      {"random_access_least",
       [](Way& d, auto text) { d.block_flow.random_access_least = parse_time(text); }},
      {"random_access", [](Way& d, auto text) { d.block_flow.random_access = parse_time(text); }},
      {"slot", [](Way& d, auto text) { d.grid.slot = parse_time(text); }},
      {"slot_packets", [](Way& d, auto text) { d.grid.packets = parse_number<10'000>(text); }},
      {"slot_bytes", [](Way& d, auto text) { d.grid.bytes = parse_bytes(text); }},
      {"access", [](Way& d, auto text) { d.medium.access = parse_time(text); }},
      {"backoff_slot", [](Way& d, auto text) { d.medium.backoff_slot = parse_time(text); }},
      {"backoff_slots",
       [](Way& d, auto text) { d.medium.backoff_slots = parse_number<1023>(text); }},
      {"backoff", [](Way& d, auto text) { d.medium.is_backoff_kept = parse_word(text, "always"); }},
      {"aggregate", [](Way& d, auto text) { d.medium.aggregate = parse_number<256>(text); }},
      {"rate", [](Way& d, auto text) { d.serialiser.bits_per_second = parse_rate(text); }},
      {"overhead", [](Way& d, auto text) { d.serialiser.overhead_bytes = parse_bytes(text); }},
      {"minimum", [](Way& d, auto text) { d.serialiser.minimum_bytes = parse_bytes(text); }},
      {"cells", [](Way& d, auto text) { d.serialiser.has_atm_cells = parse_word(text, "atm"); }},
      {"per_packet", [](Way& d, auto text) { d.serialiser.per_packet = parse_time(text); }},
      {"hops", [](Way& d, auto text) { d.serialiser.hops = parse_number<64>(text); }},
      {"hold_off", [](Way& d, auto text) { d.hold_off.time = parse_time(text); }},
      {"hold_off_above", [](Way& d, auto text) { d.hold_off.above_bytes = parse_bytes(text); }},
      {"delay", [](Way& d, auto text) { d.delay.constant = parse_time(text); }},
      {"jitter", [](Way& d, auto text) { d.delay.jitter = parse_time(text); }},
      {"tail", [](Way& d, auto text) { d.delay.tail = parse_time(text); }},
  };
  return keys;
}

// A key that means nothing without another one, or not beside it.
struct Relation {
  std::string_view key;
  std::string_view other;
  bool is_needed;  // else it is excluded
};

constexpr std::array<Relation, 22> kRelations{{
    {"polled", "random_access", true},
    {"random_access_least", "random_access", true},
    {"backoff", "backoff_slots", true},
    {"open", "release", true},
    {"keep", "release", true},
    {"random_access", "release", true},
    {"release", "setup", true},
    {"release", "open", true},
    {"slot_packets", "slot", true},
    {"slot_bytes", "slot", true},
    {"backoff_slot", "backoff_slots", true},
    {"backoff_slots", "backoff_slot", true},
    {"backoff_slot", "access", true},
    {"aggregate", "access", true},
    {"cells", "rate", true},
    {"minimum", "rate", true},
    {"hold_off_above", "hold_off", true},
    {"slot", "access", false},
    {"slot", "rate", false},
    {"slot", "per_packet", false},
    {"hops", "slot", false},
    {"hops", "access", false},
}};

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

class Parser {
 public:
  Parser(const std::string& name, std::string file) : file_(std::move(file)) {
    profile_.name = name;
  }

  Profile parse(std::string_view text) {
    if (text.size() > kLargestFile) {
      throw UsageError(fmt::format("{} has more than 64 KiB: it is no profile", file_));
    }
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(trimmed(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    check_direction(Direction::Down);
    check_direction(Direction::Up);
    return profile_;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw UsageError(fmt::format("{}:{}: {}", file_, line_, what), hint);
  }

  void read_line(std::string_view line) {
    if (line.empty() || line.starts_with('#')) {
      return;
    }
    if (line.starts_with('[')) {
      start_section(line);
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      fail(fmt::format("'{}' is neither 'key = value' nor a section", printable(line)),
           "docs/lab.md describes profiles; tcpstep-lab show adsl prints one.");
    }
    read_value(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }

  void start_section(std::string_view line) {
    for (const auto& [word, directions] :
         {std::pair("[both]", std::vector{Direction::Down, Direction::Up}),
          std::pair("[down]", std::vector{Direction::Down}),
          std::pair("[up]", std::vector{Direction::Up})}) {
      if (line == word) {
        section_ = directions;
        return;
      }
    }
    fail(fmt::format("unknown section '{}'", printable(line)),
         "Sections are [both], [down] and [up].");
  }

  void read_value(std::string_view key, std::string_view value) {
    if (section_.empty()) {
      read_with(link_keys(), profile_, link_given_, key, value);
    }
    for (const Direction direction : section_) {
      const auto index = static_cast<std::size_t>(direction);
      read_with(direction_keys(), profile_.directions[index], given_[index], key, value);
    }
  }

  template <class Target>
  void read_with(const std::vector<Key<Target>>& keys, Target& target, std::set<std::string>& given,
                 std::string_view key, std::string_view value) {
    const auto known = std::ranges::find(keys, key, &Key<Target>::name);
    if (known == keys.end()) {
      fail(fmt::format("unknown key '{}'", printable(key)), key_hint(key));
    }
    if (!given.emplace(key).second) {
      fail(fmt::format("{} was given before", key));
    }
    try {
      known->read(target, value);
    } catch (const UsageError& error) {
      fail(fmt::format("{}: {}", key, error.what()), error.hint());
    }
  }

  [[nodiscard]] std::string key_hint(std::string_view key) const {
    if (section_.empty() &&
        std::ranges::find(direction_keys(), key, &Key<Way>::name) != direction_keys().end()) {
      return "It belongs below [both], [down] or [up].";
    }
    std::string names;
    const auto add = [&](const auto& keys) {
      for (const auto& known : keys) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
      }
    };
    section_.empty() ? add(link_keys()) : add(direction_keys());
    return fmt::format("Keys here are {}.", names);
  }

  void check_direction(Direction direction) {
    const auto& given = given_[static_cast<std::size_t>(direction)];
    const std::string_view name = direction == Direction::Down ? "[down]" : "[up]";
    for (const Relation& relation : kRelations) {
      const bool has_key = given.contains(std::string(relation.key));
      const bool has_other = given.contains(std::string(relation.other));
      if (has_key && has_other != relation.is_needed) {
        throw UsageError(fmt::format("{}: {} of {} {} {}", file_, relation.key, name,
                                     relation.is_needed ? "needs" : "excludes", relation.other));
      }
    }
    const DirectionProfile& profile = profile_[direction];
    if (profile.grid.bytes != 0 && profile.serialiser.overhead_bytes >= profile.grid.bytes) {
      throw UsageError(fmt::format("{}: overhead of {} leaves nothing of slot_bytes", file_, name));
    }
    if (profile.block_flow.release < profile.block_flow.open) {
      throw UsageError(fmt::format("{}: release of {} is before open ends", file_, name));
    }
  }

  std::string file_;
  Profile profile_;
  std::uint64_t line_ = 0;
  std::vector<Direction> section_;  // which directions the lines are about; empty: the whole link
  std::set<std::string> link_given_;
  std::array<std::set<std::string>, 2> given_;
};

}  // namespace

Profile parse_profile(std::string_view text, const std::string& name, const std::string& file) {
  return Parser(name, file).parse(text);
}

}  // namespace tcpstep
