#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "lib/runfile/foreign_run.h"

namespace tcpstep {
namespace {

using Json = nlohmann::json;

std::int64_t whole_number(const Json& value, std::int64_t smallest, std::int64_t largest) {
  if (!value.is_number_integer() && !value.is_number_unsigned()) {
    throw ForeignFileError("a number is missing");
  }
  const auto number = value.get<std::int64_t>();
  if (number < smallest || number > largest) {
    throw ForeignFileError(fmt::format("{} is not {} to {}", number, smallest, largest));
  }
  return number;
}

ForeignRun parse(const Json& file) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  ForeignRun run;
  whole_number(file.at("version").at("json_format"), 1, 1);
  run.size = PayloadSize(static_cast<std::uint32_t>(
      whole_number(file.at("config").at("params").at("length"), 1, PayloadSize::kLargest)));
  run.facts = {{"started_utc", file.at("stats").at("start_time").get<std::string>()},
               {"protocol", "irtt"},
               {"irtt_version", file.at("version").at("irtt").get<std::string>()},
               {"server_addr", file.at("config").at("remote_address").get<std::string>()}};
  std::optional<std::int64_t> first;
  for (const Json& trip : file.at("round_trips")) {
    const std::int64_t sent =
        whole_number(trip.at("timestamps").at("client").at("send").at("monotonic"), 0, kLargest);
    first = first.value_or(sent);
    if (sent < *first || sent - *first > kLongestForeignRun.count()) {
      throw ForeignFileError("the times of round_trips run backwards or are months apart");
    }
    ForeignPing ping{.start = Duration(sent - *first), .rtt = {}};
    if (trip.at("lost").get<std::string>() == "false") {
      ping.rtt = Duration(whole_number(trip.at("delay").at("rtt"), 1, kLongestForeignRtt.count()));
    }
    run.pings.push_back(ping);
  }
  if (run.pings.empty()) {
    throw ForeignFileError("round_trips is empty");
  }
  return run;
}

}  // namespace

ForeignRun parse_irtt_json(std::string_view text, std::string_view name) {
  constexpr std::string_view kHint = "Is it the file of irtt client -o FILE?";
  try {
    return parse(Json::parse(text));
  } catch (const Json::exception& error) {
    throw ForeignFileError(fmt::format("{}: {}", name, error.what()), std::string(kHint));
  } catch (const ForeignFileError& error) {
    throw ForeignFileError(fmt::format("{}: {}", name, error.what()), std::string(kHint));
  }
}

}  // namespace tcpstep
