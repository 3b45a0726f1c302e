#include "lib/link/profile_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::string_view kSuffix = ".profile";
constexpr std::size_t kLargestFile = std::size_t{64} * 1024;
constexpr std::size_t kLongestNote = 100;
constexpr std::uint32_t kSmallestMtu = 200;
constexpr std::uint32_t kLargestMtu = 9000;

struct LinkKey {
  std::string_view name;
  void (*read)(Profile&, std::string_view);
};

std::string parse_note(std::string_view text) {
  if (printable(text, kLongestNote) != text) {
    throw UsageError(fmt::format("invalid note '{}': expected at most {} plain ASCII characters",
                                 printable(text), kLongestNote));
  }
  return std::string(text);
}

constexpr std::array<LinkKey, 3> kLinkKeys{{
    {"note", [](Profile& p, std::string_view text) { p.note = parse_note(text); }},
    {"host", [](Profile& p, std::string_view text) { p.host = parse_link_time(text); }},
    {"mtu",
     [](Profile& p, std::string_view text) {
       p.mtu = parse_link_bytes(text, kSmallestMtu, kLargestMtu);
     }},
}};

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

template <class Keys>
std::string names_of(const Keys& keys) {
  std::string names;
  for (const auto& key : keys) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", key.name);
  }
  return names;
}

class Parser {
 public:
  Parser(const std::string& name, std::string file) : file_(std::move(file)) {
    profile_.name = name;
  }

  Profile parse(std::string_view text) {
    if (text.size() > kLargestFile) {
      throw UsageError(fmt::format("{}: too large for a profile (more than 64 KiB)", file_));
    }
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(trimmed(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    check(Direction::Down);
    check(Direction::Up);
    return profile_;
  }

 private:
  using Given = std::map<std::string_view, std::uint64_t>;  // key -> its line

  [[noreturn]] void fail(std::uint64_t line, const std::string& what,
                         const std::string& hint = {}) const {
    throw UsageError(fmt::format("{}:{}: {}", file_, line, what), hint);
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
      fail(line_, fmt::format("expected 'key = value' or a section, not '{}'", printable(line)),
           "docs/lab.md describes profiles; tcpstep-lab show adsl prints one.");
    }
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (section_.empty()) {
      read_value(kLinkKeys, profile_, link_given_, key, value);
    }
    for (const Direction direction : section_) {
      const auto index = static_cast<std::size_t>(direction);
      read_value(direction_keys(), profile_.directions[index], given_[index], key, value);
    }
  }

  void start_section(std::string_view line) {
    for (const auto& [name, directions] :
         {std::pair("[both]", std::vector{Direction::Down, Direction::Up}),
          std::pair("[down]", std::vector{Direction::Down}),
          std::pair("[up]", std::vector{Direction::Up})}) {
      if (line == name) {
        section_ = directions;
        return;
      }
    }
    fail(line_, fmt::format("unknown section '{}'", printable(line)),
         "Sections are [both], [down] and [up].");
  }

  template <class Keys, class Target>
  void read_value(const Keys& keys, Target& target, Given& given, std::string_view name,
                  std::string_view value) {
    const auto key = std::ranges::find_if(keys, [&](const auto& k) { return k.name == name; });
    if (key == std::ranges::end(keys)) {
      fail(line_, fmt::format("unknown key '{}'", printable(name)), key_hint(name));
    }
    if (!given.emplace(key->name, line_).second) {
      fail(line_, fmt::format("duplicate key '{}'", name));
    }
    try {
      key->read(target, value);
    } catch (const UsageError& error) {
      fail(line_, fmt::format("{}: {}", name, error.what()), error.hint());
    }
  }

  [[nodiscard]] std::string key_hint(std::string_view name) const {
    if (!section_.empty()) {
      return fmt::format("Keys in a section are {}.", names_of(direction_keys()));
    }
    if (std::ranges::find(direction_keys(), name, &DirectionKey::name) != direction_keys().end()) {
      return "It belongs in a section: [both], [down] or [up].";
    }
    return fmt::format("Keys above the sections are {}.", names_of(kLinkKeys));
  }

  // No key may be without effect.
  void check(Direction direction) const {
    const Given& given = given_[static_cast<std::size_t>(direction)];
    const std::string_view section = direction == Direction::Down ? "[down]" : "[up]";
    const auto is_given = [&](std::string_view name) { return given.contains(name); };
    for (const DirectionKey& key : direction_keys()) {
      const auto found = given.find(key.name);
      if (found == given.end()) {
        continue;
      }
      if (!key.needs.empty() && std::ranges::none_of(split(key.needs, " or "), is_given)) {
        fail(found->second,
             fmt::format("{} has no effect without {} in {}", key.name, key.needs, section));
      }
      for (const std::string_view other : split(key.excludes, " ")) {
        if (is_given(other)) {
          fail(std::max(found->second, given.at(other)),
               fmt::format("{} and {} cannot be used together in {}", key.name, other, section));
        }
      }
    }
    const DirectionProfile& profile = profile_[direction];
    if (profile.grid.bytes != 0 && profile.serializer.overhead_bytes >= profile.grid.bytes) {
      fail(given.at("overhead"),
           fmt::format("overhead leaves no room in slot_bytes in {}", section));
    }
    if (is_given("release") && !is_given("open")) {
      fail(given.at("release"), fmt::format("release needs open in {}", section));
    }
    if (profile.block_flow.release < profile.block_flow.open) {
      fail(given.at("release"), fmt::format("release ends before open in {}", section));
    }
  }

  std::string file_;
  Profile profile_;
  std::uint64_t line_ = 0;
  std::vector<Direction> section_;  // which directions the lines are about; empty: the whole link
  Given link_given_;
  std::array<Given, 2> given_;
};

bool is_file_name(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(kSuffix);
}

}  // namespace

Profile parse_profile(std::string_view text, const std::string& name, const std::string& file) {
  return Parser(name, file).parse(text);
}

std::string profile_text(const std::string& name) {
  if (is_file_name(name)) {
    try {
      return read_file(name, kLargestFile);
    } catch (const std::system_error& error) {
      throw UsageError(fmt::format("cannot read the profile: {}", error.what()));
    }
  }
  const auto found = std::ranges::find(built_in_profiles(), name, &BuiltInProfile::name);
  if (found == built_in_profiles().end()) {
    throw UsageError(fmt::format("unknown profile '{}'", printable(name)),
                     fmt::format("Profiles are {}; your own file must end in .profile.",
                                 names_of(built_in_profiles())));
  }
  return std::string(found->text);
}

Profile load_profile(const std::string& name) {
  const std::string text = profile_text(name);
  if (!is_file_name(name)) {
    return parse_profile(text, name, name + std::string(kSuffix));
  }
  std::string link = std::filesystem::path(name).filename().string();
  if (link.ends_with(kSuffix)) {
    link.resize(link.size() - kSuffix.size());
  }
  if (!is_valid_name(link)) {
    throw UsageError(fmt::format("{}: invalid link name '{}'", name, printable(link)),
                     fmt::format("The file name must be {}, then .profile.", kNameRule));
  }
  // NOLINTNEXTLINE(readability-suspicious-call-argument): the file is what the user named
  return parse_profile(text, link, name);
}

}  // namespace tcpstep
