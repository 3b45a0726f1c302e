#include "lib/runfile/run_header.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"

namespace tcpstep {

void RunHeader::add(std::string_view key, std::string_view value) {
  if (!value.empty()) {
    facts_.emplace_back(key, header_safe(value));
  }
}

void RunHeader::add(std::string_view key, std::uint64_t value) {
  facts_.emplace_back(key, std::to_string(value));
}

std::optional<std::string_view> RunHeader::find(std::string_view key) const {
  const auto found = std::ranges::find(facts_, key, [](const auto& fact) { return fact.first; });
  return found == facts_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::string_view RunHeader::link() const {
  return find("link").value_or("unnamed");
}

std::optional<Mss> RunHeader::mss() const {
  const auto text = find("mss_bytes");
  std::uint32_t bytes = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), bytes).ec != std::errc{}) {
    return std::nullopt;
  }
  return Mss(bytes);
}

}  // namespace tcpstep
