// Reads a profile: "key = value" lines, "# comments", and the sections [both], [down] and [up].
// docs/lab.md describes the keys.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/link/profile.h"

namespace tcpstep {

// The profile `name` in `text`. Throws UsageError ("lan.profile:12: rate: ...") with `file`, the
// line and the key of what cannot be meant.
[[nodiscard]] Profile parse_profile(std::string_view text, const std::string& name,
                                    const std::string& file);

}  // namespace tcpstep
