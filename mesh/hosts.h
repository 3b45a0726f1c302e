// The file of hosts: who is measured, and over which addresses.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstep {

struct MeshHost {
  std::string name;     // for the launch command, file names and tables
  std::string address;  // at which the others reach it: a name or an address

  bool operator==(const MeshHost&) const = default;
};

inline constexpr std::size_t kMostHosts = 1000;
inline constexpr std::size_t kLongestHostName = 31;  // two and a "_" are the name of a link

// A line for each host: its name and, after blanks, its address (the name, if there is none). "#"
// begins a comment. Throws UsageError with file and line: for anything else, two lines with the
// same name or address, fewer than two hosts or more than kMostHosts.
[[nodiscard]] std::vector<MeshHost> parse_hosts(std::string_view text, const std::string& file);
[[nodiscard]] std::vector<MeshHost> read_hosts(const std::filesystem::path& file);

// True if no shell gives a meaning to any of it, wherever in a word it stands: what goes through
// ssh is read by one on the other host, what goes through ip netns exec is not.
[[nodiscard]] bool is_plain_word(std::string_view word);

// "n1_n2": the link from one host to another. No name has a "_".
[[nodiscard]] std::string link_between(const MeshHost& from, const MeshHost& to);

}  // namespace tcpstep
