// The frame of the pages: one file that needs nothing else, in the colors of the reader's screen.
#pragma once

#include <string>
#include <string_view>

namespace tcpstep {

// `title` is escaped; `style` is added to the style sheet of all pages, `body` is HTML. The page
// runs no script and loads nothing.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view style,
                                    std::string_view body);

}  // namespace tcpstep
