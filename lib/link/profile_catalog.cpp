#include "lib/link/profile_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/link/profile_parser.h"

namespace tcpstep {
namespace {

constexpr std::string_view kSuffix = ".profile";
constexpr std::streamsize kMostBytes = 64 * 1024 + 1;  // one more than the parser takes

bool is_file_name(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(kSuffix);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), kMostBytes);
  if (!file.eof() && file.fail()) {
    throw UsageError(fmt::format("cannot read the profile {}", path));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string known_names() {
  std::string names;
  for (const BuiltInProfile& profile : built_in_profiles()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", profile.name);
  }
  return names;
}

}  // namespace

std::string profile_text(const std::string& name) {
  if (is_file_name(name)) {
    return read_file(name);
  }
  const auto found = std::ranges::find(built_in_profiles(), name, &BuiltInProfile::name);
  if (found == built_in_profiles().end()) {
    throw UsageError(
        fmt::format("there is no profile '{}'", printable(name)),
        fmt::format("Profiles are {}; a file of yours ends in .profile.", known_names()));
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
    throw UsageError(fmt::format("{}: '{}' is no name of a link", name, printable(link)),
                     fmt::format("The file's name has {}, then .profile.", kNameRule));
  }
  // NOLINTNEXTLINE(readability-suspicious-call-argument): the file is what the user named
  return parse_profile(text, link, name);
}

}  // namespace tcpstep
