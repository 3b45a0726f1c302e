// Text as bytes, and back.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tcpstep {

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tcpstep
