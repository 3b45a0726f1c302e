#include "server/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/base/text.h"
#include "lib/cli/program.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kStrangersOfMinute = 30;

}  // namespace

void Log::note(std::string_view event, const std::string& words, Fields fields) const {
  if (!is_quiet_) {
    say("info", event, words, fields);
  }
}

void Log::fault(std::string_view event, const std::string& words, Fields fields) const {
  say("warning", event, format_ == LogFormat::Json ? words : "tcpstep-server: " + words, fields);
}

void Log::fault_of_stranger(std::string_view event, const std::string& words, Fields fields) {
  look_at_clock();
  if (!minute_end_) {
    minute_end_ = std::chrono::steady_clock::now() + 1min;
  }
  if (++strangers_ <= kStrangersOfMinute) {
    fault(event, words, fields);
  }
}

void Log::look_at_clock() {
  if (minute_end_ && *minute_end_ <= std::chrono::steady_clock::now()) {
    say_unsaid();
  }
}

std::optional<Log::Time> Log::next_deadline() const {
  return strangers_ > kStrangersOfMinute ? minute_end_ : std::nullopt;
}

void Log::say_unsaid() {
  if (strangers_ > kStrangersOfMinute) {
    const std::uint64_t unsaid = strangers_ - kStrangersOfMinute;
    fault("unsaid",
          fmt::format("{} about other clients left out: the limit is {} a minute",
                      count_of(unsaid, "line"), kStrangersOfMinute),
          {{"count", std::to_string(unsaid)}});
  }
  strangers_ = 0;
  minute_end_.reset();
}

void Log::say(std::string_view level, std::string_view event, const std::string& words,
              Fields fields) const {
  if (format_ == LogFormat::Text) {
    print_message(words);
    return;
  }
  using Json = nlohmann::ordered_json;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Json line{{"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                                 now.time_since_epoch().count() % 1000)},
            {"level", level},
            {"event", event},
            {"message", words}};
  for (const auto& [key, value] : fields) {
    line[key] = value;
  }
  print_message(line.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace tcpstep
