// The profiles that come with tcpstep, and those that users write.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/link/profile.h"

namespace tcpstep {

// A profile file of profiles/, kept inside the program so that it works wherever it lies.
struct BuiltInProfile {
  std::string_view name;  // "adsl"
  std::string_view text;
};

// In the order of the seed's table.
[[nodiscard]] std::span<const BuiltInProfile> built_in_profiles();

// The text of a built-in profile, or of the file `name` if it has a '/' or ends in ".profile".
// Throws UsageError if there is neither.
[[nodiscard]] std::string profile_text(const std::string& name);

// The same, read. A file's name without folder and ".profile" is the name of its link.
[[nodiscard]] Profile load_profile(const std::string& name);

}  // namespace tcpstep
