#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "lib/base/text.h"
#include "lib/runfile/foreign_run.h"
#include "lib/runfile/log_lines.h"

namespace tcpstep {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kLongestTime = 4'000'000'000;  // seconds; beyond this nanoseconds overflow

// "2.403204739": seconds with nine decimals.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::size_t point = text.find('.');
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  const auto is_number = [](std::string_view digits, std::int64_t& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number >= 0;
  };
  if (point == std::string_view::npos || text.size() - point != 10 ||
      !is_number(text.substr(0, point), seconds) ||
      !is_number(text.substr(point + 1), nanoseconds) || seconds > kLongestTime) {
    return std::nullopt;
  }
  return seconds * kNanosecondsPerSecond + nanoseconds;
}

std::optional<PayloadSize> parse_size(std::string_view parameters) {
  constexpr std::string_view kOption = "--msg-size=";
  const std::size_t at = parameters.find(kOption);
  std::uint32_t bytes = 0;
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view number = parameters.substr(at + kOption.size());
  if (std::from_chars(number.data(), number.data() + number.size(), bytes).ec != std::errc{} ||
      bytes < 1 || bytes > PayloadSize::kLargest) {
    return std::nullopt;
  }
  return PayloadSize(bytes);
}

}  // namespace

ForeignRun parse_sockperf_log(std::string_view text, std::string_view name) {
  constexpr std::string_view kParameters = "test was performed using the following parameters: ";
  constexpr std::string_view kDropped = "# dropped messages = ";
  LogLines lines(without_mark(text));
  ForeignRun run;
  bool has_size = false;
  bool has_columns = false;
  std::optional<std::int64_t> first;
  while (const auto line = lines.next()) {
    const auto fail = [&](std::string_view what, std::string_view value) {
      throw ForeignFileError(
          fmt::format("{}:{}: {} '{}'", name, lines.number(), what, printable(value)),
          "Is it the log of sockperf ping-pong --full-log=FILE?");
    };
    if (!has_columns) {
      if (line->starts_with(kParameters)) {
        const std::string_view parameters = line->substr(kParameters.size());
        const auto size = parse_size(parameters);
        if (!size) {
          fail("missing --msg-size of 1 to 1048576 bytes in", parameters);
        }
        if (parameters.find("--range=") != std::string_view::npos) {
          fail("random sizes are not in the log; parameters", parameters);
        }
        run.size = *size;
        run.facts.emplace_back("sockperf_parameters", parameters);
        has_size = true;
      }
      if (const std::size_t at = line->find(kDropped); at != std::string_view::npos) {
        const std::string_view rest = line->substr(at + kDropped.size());
        if (const auto count = rest.substr(0, rest.find_first_not_of("0123456789")); count != "0") {
          run.facts.emplace_back("sockperf_dropped", count);
        }
      }
      has_columns = line->starts_with("packet, txTime(sec), rxTime(sec), ");
      if (has_columns && !run.pings.empty()) {
        fail("samples of a second server follow", *line);
      }
      continue;
    }
    if (line->starts_with("------")) {
      has_columns = false;
      continue;
    }
    const std::size_t one = line->find(',');
    const std::size_t two = one == std::string_view::npos ? one : line->find(',', one + 1);
    const std::size_t three = two == std::string_view::npos ? two : line->find(',', two + 1);
    if (three == std::string_view::npos) {
      fail("expected four columns in", *line);
    }
    const auto sent = parse_seconds(line->substr(one + 1, two - one - 1));
    const auto received = parse_seconds(line->substr(two + 1, three - two - 1));
    if (!sent || !received) {
      fail("expected two times in seconds in", *line);
    }
    first = first.value_or(*sent);
    const Duration start(*sent - *first);
    const Duration rtt(*received - *sent);
    if (start < Duration::zero() || start > kLongestForeignRun || rtt <= Duration::zero() ||
        rtt > kLongestForeignRtt) {
      fail("the times run backwards or are days apart in", *line);
    }
    run.pings.push_back({.start = start, .rtt = rtt});
  }
  if (!has_size || run.pings.empty()) {
    throw ForeignFileError(
        fmt::format("{} has no {}", name, has_size ? "line of samples" : "parameters of sockperf"),
        "Is it the log of sockperf ping-pong --full-log=FILE?");
  }
  return run;
}

}  // namespace tcpstep
