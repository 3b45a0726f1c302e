// Comparisons as text for people, Markdown, JSON, JUnit, annotations for GitHub, and a picture.
#pragma once

#include <string>

#include "lib/base/screen_text.h"
#include "lib/compare/comparison.h"
#include "lib/report/drawing.h"

namespace tcpstep {

[[nodiscard]] std::string render_text(const Comparison& comparison, const Screen& screen = {});
[[nodiscard]] std::string render_markdown(const Comparison& comparison);
// {"format": "tcpstep-compare/1", ...}; changes in percent, null where not available.
[[nodiscard]] std::string render_json(const Comparison& comparison);
// One test case for the verdict and one for each contrast; a refusal is an error of the first.
[[nodiscard]] std::string render_junit(const Comparison& comparison);
// One workflow command: error, warning or notice.
[[nodiscard]] std::string render_github(const Comparison& comparison);

// compare-<link>: the floor of every size of both sides with the quartiles of their runs; under it
// the change in percent with its 95 % interval, and the tolerance. `comparison` has sizes.
[[nodiscard]] Drawing drawing_of(const Comparison& comparison);

}  // namespace tcpstep
