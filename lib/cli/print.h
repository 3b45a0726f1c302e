// Data goes to stdout, words to stderr.
#pragma once

#include <string_view>

namespace tcpstep {

// Writes and flushes. Throws std::system_error if stdout does not take it (a full disk, a closed
// pipe): a cut table must not look like success.
void print_data(std::string_view text);

// Writes one line of words, control characters made visible; a stderr that is gone is nobody's
// error.
void print_words(std::string_view line);

}  // namespace tcpstep
