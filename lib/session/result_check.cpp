#include "lib/session/result_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

bool holds_only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_fact(std::string_view line) {
  if (!line.starts_with("# ")) {
    return false;
  }
  line.remove_prefix(2);
  const std::size_t colon = line.find(": ");
  return colon != std::string_view::npos && colon > 0 && holds_only(line.substr(0, colon), "_") &&
         header_safe(line.substr(colon + 2)) == line.substr(colon + 2);
}

// Header, columns, rows and trailer in this order. Readers ignore lines that they do not know; here
// there are none.
void check_lines(std::string_view text) {
  enum class Part { Facts, Rows, End } part = Part::Facts;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    bool is_right = end != std::string_view::npos && part != Part::End;
    if (line.starts_with("# end: ")) {
      is_right = is_right && part == Part::Rows && holds_only(line.substr(7), "=_ ");
      part = Part::End;
    } else if (part == Part::Facts && line == kRunColumns) {
      part = Part::Rows;
    } else {
      is_right = is_right && (part == Part::Facts ? is_fact(line) : holds_only(line, ","));
    }
    if (!is_right) {
      throw WorldError(fmt::format("line {} of the result is '{}'", number, printable(line)));
    }
    text.remove_prefix(end + 1);
  }
  if (part != Part::End) {
    throw WorldError("the result has no trailer");
  }
}

}  // namespace

void check_result(std::string_view text, const RunIdentity& identity, const RunSettings& settings) {
  check_lines(text);
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(std::string(text))), "result");
  const auto check = [&](std::string_view key, std::string_view expected) {
    if (reader.header().find(key).value_or("") != expected) {
      throw WorldError(fmt::format("{} of the result is '{}', not '{}'", key,
                                   printable(reader.header().find(key).value_or("")), expected));
    }
  };
  check("run_id", identity.run_id);
  check("link", settings.link);
  check("label", settings.label);
  check("direction", to_word(identity.direction));
  check("measured_by", identity.direction == MeasuredDirection::Up ? "client" : "server");
  check("connection", to_word(identity.connection));
  for (const char* key : {"server_addr", "client_addr", "server_host", "client_host"}) {
    if (settings.is_anonymous && reader.header().find(key)) {
      throw WorldError(fmt::format("the result names {}, and this server is anonymous", key));
    }
  }
  while (reader.next()) {
  }
  if (!reader.trailer()) {
    throw WorldError("the result has no trailer");
  }
}

}  // namespace tcpstep
