#include "mesh/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 20U;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestHostName && is_letter_or_digit(name.front()) &&
         std::ranges::all_of(name,
                             [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
}

// An address or a name, perhaps longer than that of a host: "fe80::1%eth0".
bool is_address(std::string_view address) {
  return !address.empty() && address.size() <= 255 && address.front() != '-' &&
         std::ranges::all_of(address, [](char c) {
           return is_letter_or_digit(c) || std::string_view(".-_:%").find(c) != std::string::npos;
         });
}

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(kBlanks, at)) < line.size();) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<MeshHost> parse() {
    while (!text_.empty()) {
      ++line_;
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      take(words_of(text_.substr(0, end)));
      text_.remove_prefix(std::min(end + 1, text_.size()));
    }
    if (hosts_.size() < 2) {
      throw UsageError(fmt::format("{} has {}; a mesh needs at least two", file_,
                                   count_of(hosts_.size(), "host")),
                       "A line for each host: its name and, if it differs, its address.");
    }
    return std::move(hosts_);
  }

 private:
  void take(const std::vector<std::string_view>& words) {
    if (words.empty()) {
      return;
    }
    if (words.size() > 2) {
      fail(fmt::format("unexpected '{}'", printable(words[2])),
           "Expected a name and an address; # begins a comment.");
    }
    if (!is_host_name(words.front())) {
      fail(fmt::format("invalid host name '{}'", printable(words.front())),
           fmt::format("Expected 1 to {} of the characters A-Z a-z 0-9 . - beginning with a letter "
                       "or digit.",
                       kLongestHostName));
    }
    if (!is_address(words.back())) {
      fail(fmt::format("invalid address '{}'", printable(words.back())),
           "Expected a name or an address such as 192.0.2.7 or fe80::1%eth0.");
    }
    if (!names_.emplace(words.front()).second) {
      fail(fmt::format("duplicate host '{}'", words.front()), {});
    }
    if (!addresses_.emplace(words.back()).second) {
      fail(fmt::format("duplicate address '{}'", words.back()),
           "One host under two names would be in two measurements at a time.");
    }
    if (hosts_.size() == kMostHosts) {
      fail(fmt::format("more than {} hosts", kMostHosts), {});
    }
    hosts_.push_back({.name = std::string(words.front()), .address = std::string(words.back())});
  }

  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw UsageError(fmt::format("{}:{}: {}", file_, line_, what), hint);
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t line_ = 0;
  std::vector<MeshHost> hosts_;
  std::set<std::string> names_;
  std::set<std::string> addresses_;
};

}  // namespace

std::vector<MeshHost> parse_hosts(std::string_view text, const std::string& file) {
  return Parser(text, file).parse();
}

std::vector<MeshHost> read_hosts(const std::filesystem::path& file) {
  return parse_hosts(read_file(file, kLargestFile), printable(file.string(), 200));
}

bool is_plain_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return is_letter_or_digit(c) || std::string_view("._-+/:,=%").find(c) != std::string_view::npos;
  });
}

std::string link_between(const MeshHost& from, const MeshHost& to) {
  return fmt::format("{}_{}", from.name, to.name);
}

}  // namespace tcpstep
