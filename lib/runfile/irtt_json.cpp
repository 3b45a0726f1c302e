#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/runfile/foreign_run.h"

namespace tcpstep {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::int64_t whole_number(const Json& value, std::int64_t smallest, std::int64_t largest) {
  if (!value.is_number_integer() && !value.is_number_unsigned()) {
    throw ForeignFileError("missing number");
  }
  const auto number = value.get<std::int64_t>();
  if (number < smallest || number > largest) {
    throw ForeignFileError(fmt::format("{}: expected {} to {}", number, smallest, largest));
  }
  return number;
}

std::string as_utc(std::chrono::sys_time<Duration> time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::microseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// "2023-11-14T23:13:20.123456789+01:00": RFC 3339, with any fraction and time zone.
std::chrono::sys_time<Duration> parse_rfc3339(const std::string& text) {
  std::tm fields{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
  Duration fraction{0};
  if (rest != nullptr && *rest == '.') {
    Duration digit = std::chrono::milliseconds(100);
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, digit /= 10) {
      fraction += digit * (*rest - '0');
    }
  }
  const char* end = rest == nullptr ? nullptr : ::strptime(rest, "%z", &fields);
  if (end == nullptr || *end != '\0') {
    throw ForeignFileError(
        fmt::format("stats.start_time is '{}', not a time with its zone", printable(text)));
  }
  if (!is_representable_year(std::int64_t{1900} + fields.tm_year)) {
    throw ForeignFileError(fmt::format("stats.start_time is '{}': expected a year from {} to {}",
                                       printable(text), kFirstYear, kLastYear));
  }
  const std::chrono::seconds zone(fields.tm_gmtoff);  // before timegm() resets it
  return std::chrono::sys_time<Duration>(std::chrono::seconds(::timegm(&fields)) - zone + fraction);
}

// A text up to irtt 0.9.0, an object since 0.9.1.
std::chrono::sys_time<Duration> start_time(const Json& time) {
  return time.is_string() ? parse_rfc3339(time.get<std::string>())
                          : std::chrono::sys_time<Duration>(
                                Duration(whole_number(time.at("wall"), 0, kLargest)));
}

// Takes the file apart while it is parsed: its round trips are many, and none is kept as JSON.
class Parser {
 public:
  ForeignRun parse(std::string_view text) {
    const Json file = Json::parse(text, [this](int depth, Json::parse_event_t event, Json& value) {
      return keep(depth, event, value);
    });
    whole_number(file.at("version").at("json_format"), 1, 1);
    run_.size = PayloadSize(static_cast<std::uint32_t>(
        whole_number(file.at("config").at("params").at("length"), 1, PayloadSize::kLargest)));
    run_.facts = {{"started_utc", as_utc(start_time(file.at("stats").at("start_time")))},
                  {"protocol", "irtt"},
                  {"irtt_version", file.at("version").at("irtt").get<std::string>()},
                  {"server_addr", file.at("config").at("remote_address").get<std::string>()}};
    if (run_.pings.empty()) {
      throw ForeignFileError("round_trips is empty");
    }
    return std::move(run_);
  }

 private:
  bool keep(int depth, Json::parse_event_t event, const Json& value) {
    constexpr int kDeepest = 20;  // irtt's own: 6
    if (depth > kDeepest) {
      throw ForeignFileError(fmt::format("values are nested more than {} deep", kDeepest));
    }
    if (event == Json::parse_event_t::key && depth == 1) {
      key_ = value.get<std::string>();
    }
    if (event == Json::parse_event_t::object_end && depth == 2 && key_ == "round_trips") {
      add(value);
      return false;
    }
    return true;
  }

  void add(const Json& trip) {
    const std::int64_t sent =
        whole_number(trip.at("timestamps").at("client").at("send").at("monotonic"), 0, kLargest);
    first_ = first_.value_or(sent);
    if (sent < *first_ || sent - *first_ > kLongestForeignRun.count()) {
      throw ForeignFileError("the times of round_trips run backwards or are months apart");
    }
    ForeignPing ping{.start = Duration(sent - *first_), .rtt = {}};
    if (trip.at("lost").get<std::string>() == "false") {
      ping.rtt = Duration(whole_number(trip.at("delay").at("rtt"), 1, kLongestForeignRtt.count()));
    }
    run_.pings.push_back(ping);
  }

  ForeignRun run_;
  std::string key_;
  std::optional<std::int64_t> first_;
};

}  // namespace

ForeignRun parse_irtt_json(std::string_view text, std::string_view name) {
  constexpr std::string_view kHint = "Is it the file of irtt client -o FILE?";
  try {
    return Parser().parse(without_mark(text));
  } catch (const Json::exception& error) {
    throw ForeignFileError(fmt::format("{}: {}", name, error.what()), std::string(kHint));
  } catch (const ForeignFileError& error) {
    throw ForeignFileError(fmt::format("{}: {}", name, error.what()), std::string(kHint));
  }
}

}  // namespace tcpstep
