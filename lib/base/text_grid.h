// A table in plain text.
#pragma once

#include <string>
#include <vector>

namespace tcpstep {

using TextGrid = std::vector<std::vector<std::string>>;

// First column to the left, the others to the right, two spaces between them. Rows are as long as
// the first one at most; there is one.
[[nodiscard]] std::string align(const TextGrid& grid);

}  // namespace tcpstep
