#include "lib/base/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace tcpstep {
namespace {

struct Character {
  char32_t code;
  std::size_t bytes;
};

// The first character of `text`; nothing if its bytes are not UTF-8 (RFC 3629).
std::optional<Character> first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return Character{lead, 1};
  }
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) {
    return std::nullopt;
  }
  char32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return std::nullopt;
    }
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool is_valid =
      code >= kSmallest[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return is_valid ? std::optional(Character{code, bytes}) : std::nullopt;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// Of general categories Cf, Zl and Zp, as far as they hide text, turn it round or break its line.
bool is_hidden(char32_t code) {
  const auto in = [&](char32_t first, char32_t last) { return code >= first && code <= last; };
  return code == 0xAD || code == 0x61C || code == 0x180E || in(0x200B, 0x200F) ||
         in(0x2028, 0x202E) || in(0x2060, 0x206F) || code == 0xFEFF || in(0xFFF9, 0xFFFB) ||
         in(0xE0000, 0xE007F);
}

void add_bytes(std::string& result, std::string_view bytes) {
  for (const char c : bytes) {
    result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
}

// What GitHub's runner would take for a workflow command, in `line`.
void disarm(std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin != std::string::npos && line.compare(begin, 2, "::") == 0) {
    line.replace(begin, 1, "\\x3a");
  }
  for (std::size_t at = 0; (at = line.find("##[", at)) != std::string::npos;) {
    line.replace(at + 2, 1, "\\x5b");
  }
}

// Each of `special` with a backslash before it.
std::string with_backslashes(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto character = first_of(text);
    const std::string_view bytes = text.substr(0, character ? character->bytes : 1);
    if (!character || (is_control(character->code) && character->code != '\t')) {
      add_bytes(result, bytes);
    } else if (is_hidden(character->code)) {
      result += fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(character->code));
    } else {
      result += bytes;
    }
    text.remove_prefix(bytes.size());
  }
  disarm(result);
  return result;
}

std::string visible_lines(std::string_view text) {
  std::string result;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result += visible(text.substr(begin, end - begin));
    if (end == text.size()) {
      return result;
    }
    result += '\n';
    begin = end + 1;
  }
}

// Where the text becomes a comment, '@' notifies whoever has that name, and "http://" and "www."
// make links.
std::string markdown_escaped(std::string_view text) {
  std::string result = with_backslashes(visible(text), "\\`*_[]<>|&");
  for (const auto& [found, replacement] :
       {std::pair<std::string_view, std::string_view>{"@", "\\\\x40"},
        {"://", "\\://"},
        {"www.", "www\\."}}) {
    for (std::size_t at = 0; (at = result.find(found, at)) != std::string::npos;) {
      result.replace(at, found.size(), replacement);
      at += replacement.size();
    }
  }
  if (result.starts_with('#') || result.starts_with("- ") || result.starts_with("+ ")) {
    result.insert(0, "\\");
  }
  return result;
}

std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string github_escaped(std::string_view text) {
  std::string result;
  for (const char c : visible(text)) {
    result += c == '%' ? std::string("%25") : std::string(1, c);
  }
  return result;
}

std::string csv_escaped(std::string_view text) {
  std::string shown = visible(text);
  if (!shown.empty() && std::string_view("=+-@\t").find(shown.front()) != std::string_view::npos) {
    shown.insert(0, "'");
  }
  if (shown.find_first_of("\",") == std::string::npos) {
    return shown;
  }
  std::string quoted = "\"";
  for (const char c : shown) {
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return quoted + '"';
}

}  // namespace tcpstep
