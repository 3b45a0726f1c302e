// Profile files: "key = value" lines, "# comments", and the sections [both], [down] and [up].
// docs/lab.md describes the keys.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/link/profile.h"

namespace tcpstep {

// The profile `name` in `text`. Throws UsageError ("lan.profile:12: rate: ...") with `file`, the
// line and the key of an invalid value, and of a key that does nothing beside the others.
[[nodiscard]] Profile parse_profile(std::string_view text, const std::string& name,
                                    const std::string& file);

// A profile file of profiles/, compiled in so that the program works wherever it is installed.
struct BuiltInProfile {
  std::string_view name;  // "adsl"
  std::string_view text;
};

// In the order of the table of 2014.
[[nodiscard]] std::span<const BuiltInProfile> built_in_profiles();

// The text of a built-in profile, or of the file `name` if it has a '/' or ends in ".profile".
// Throws UsageError if there is neither.
[[nodiscard]] std::string profile_text(const std::string& name);

// The same, parsed. A file's name without folder and ".profile" is the name of its link.
[[nodiscard]] Profile load_profile(const std::string& name);

}  // namespace tcpstep
