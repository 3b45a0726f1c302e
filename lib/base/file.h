// Whole small files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tcpstep {

// The bytes of a file; none if it cannot be read.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);

// Makes or replaces a file. Throws std::system_error.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace tcpstep
