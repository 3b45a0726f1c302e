#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "lib/base/text.h"
#include "lib/runfile/foreign_run.h"
#include "lib/runfile/log_lines.h"

namespace tcpstep {
namespace {

constexpr std::string_view kHint = "Is it the output of lagscope -s SERVER -V?";

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

// "13:19:44", as seconds of its day.
std::optional<std::uint64_t> parse_clock(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') {
    return std::nullopt;
  }
  const auto hours = parse_whole(text.substr(0, 2));
  const auto minutes = parse_whole(text.substr(3, 2));
  const auto seconds = parse_whole(text.substr(6, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) {
    return std::nullopt;
  }
  return (*hours * 60 + *minutes) * 60 + *seconds;
}

// "54.063us": microseconds with three decimals.
std::optional<Duration> parse_time(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() != point + 6 || !text.ends_with("us")) {
    return std::nullopt;
  }
  const auto microseconds = parse_whole(text.substr(0, point));
  const auto nanoseconds = parse_whole(text.substr(point + 1, 3));
  constexpr auto kMost = static_cast<std::uint64_t>(kLongestForeignRtt.count()) / 1000;
  if (!microseconds || !nanoseconds || *microseconds >= kMost) {
    return std::nullopt;
  }
  const Duration time(static_cast<Duration::rep>(*microseconds * 1000 + *nanoseconds));
  return time > Duration::zero() ? std::optional(time) : std::nullopt;
}

// What follows `before` in `rest`, up to `after`; both are cut off its front.
std::optional<std::string_view> take_between(std::string_view& rest, std::string_view before,
                                             std::string_view after) {
  const std::size_t end =
      rest.starts_with(before) ? rest.find(after, before.size()) : std::string_view::npos;
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view found = rest.substr(before.size(), end - before.size());
  rest.remove_prefix(end + after.size());
  return found;
}

}  // namespace

// 13:19:44 DBG : Reply from 192.168.4.1: bytes=4 time=54.063us
ForeignRun parse_lagscope_log(std::string_view text, std::string_view name) {
  constexpr std::uint64_t kDay = std::uint64_t{24} * 60 * 60;
  LogLines lines(without_mark(text));
  ForeignRun run;
  std::uint64_t first = 0;
  std::uint64_t before = 0;
  std::uint64_t midnights = 0;
  while (const auto line = lines.next()) {
    std::string_view rest = *line;
    const auto clock = take_between(rest, "", " DBG : ");
    const auto address = clock ? take_between(rest, "Reply from ", ": bytes=") : std::nullopt;
    if (!address) {
      continue;
    }
    const auto fail = [&](std::string_view what) {
      throw ForeignFileError(
          fmt::format("{}:{}: {} in '{}'", name, lines.number(), what, printable(*line)),
          std::string(kHint));
    };
    const auto seconds = parse_clock(*clock);
    const auto size = take_between(rest, "", " time=");
    const std::uint64_t bytes = size ? parse_whole(*size).value_or(0) : 0;
    const auto rtt = parse_time(rest);
    if (!seconds) {
      fail("missing time of day");
    }
    if (bytes < 1 || bytes > PayloadSize::kLargest) {
      fail("expected 1 to 1048576 bytes");
    }
    if (!rtt) {
      fail("expected a time in microseconds with three decimals");
    }
    if (run.pings.empty()) {
      run.size = PayloadSize(static_cast<std::uint32_t>(bytes));
      run.facts.emplace_back("server_addr", *address);
      first = *seconds;
    } else if (bytes != run.size.bytes()) {
      fail("found a second size");
    } else if (*seconds < before) {
      ++midnights;
    }
    before = *seconds;
    const Duration start = std::chrono::seconds(midnights * kDay + *seconds - first);
    if (start > kLongestForeignRun) {
      fail("the times run backwards");
    }
    run.pings.push_back({.start = start, .rtt = rtt});
  }
  if (run.pings.empty()) {
    throw ForeignFileError(fmt::format("{} has no reply line", name), std::string(kHint));
  }
  return run;
}

}  // namespace tcpstep
