// What standard output is: how wide, and whether it takes UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/base/screen_text.h"

namespace tcpstep {

// The terminal's width, else $COLUMNS, else 80; UTF-8 as the locale says.
[[nodiscard]] Screen screen_of_output();

// The width of the terminal that `fd` is; nothing if it is none.
[[nodiscard]] std::optional<std::size_t> columns_of_terminal(int fd);

// Whether the locale has UTF-8: by its name.
[[nodiscard]] bool is_locale_unicode();

// True if somebody looks at standard output: it is a terminal, and not a dumb one.
[[nodiscard]] bool is_output_watched();

// As print_data(), in the characters of `screen`.
void print_text(std::string_view text, const Screen& screen);

}  // namespace tcpstep
