// The lines of a log, numbered.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpstep {

class LogLines {
 public:
  explicit LogLines(std::string_view text) : rest_(text) {}

  // The next line without its end; nothing if no LF follows: it may be cut.
  std::optional<std::string_view> next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return line;
  }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

}  // namespace tcpstep
