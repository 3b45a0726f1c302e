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

constexpr std::uint64_t kClientFaultsPerMinute = 30;

}  // namespace

void Log::note(std::string_view event, const std::string& text, Fields fields) const {
  if (!is_quiet_) {
    write("info", event, text, fields);
  }
}

void Log::fault(std::string_view event, const std::string& text, Fields fields) const {
  write("warning", event, format_ == LogFormat::Json ? text : "tcpstep-server: " + text, fields);
}

void Log::fault_of_client(std::string_view event, const std::string& text, Fields fields) {
  flush_if_due();
  if (!minute_end_) {
    minute_end_ = std::chrono::steady_clock::now() + 1min;
  }
  if (++client_faults_ <= kClientFaultsPerMinute) {
    fault(event, text, fields);
  }
}

void Log::flush_if_due() {
  if (minute_end_ && *minute_end_ <= std::chrono::steady_clock::now()) {
    flush();
  }
}

std::optional<Log::Time> Log::next_deadline() const {
  return client_faults_ > kClientFaultsPerMinute ? minute_end_ : std::nullopt;
}

void Log::flush() {
  if (client_faults_ > kClientFaultsPerMinute) {
    const std::uint64_t suppressed = client_faults_ - kClientFaultsPerMinute;
    fault("suppressed",
          fmt::format("{} about clients suppressed: the limit is {} per minute",
                      count_of(suppressed, "message"), kClientFaultsPerMinute),
          {{"count", std::to_string(suppressed)}});
  }
  client_faults_ = 0;
  minute_end_.reset();
}

void Log::write(std::string_view level, std::string_view event, const std::string& text,
                Fields fields) const {
  if (format_ == LogFormat::Text) {
    print_message(text);
    return;
  }
  using Json = nlohmann::ordered_json;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Json line{{"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                                 now.time_since_epoch().count() % 1000)},
            {"level", level},
            {"event", event},
            {"message", text}};
  for (const auto& [key, value] : fields) {
    line[key] = value;
  }
  print_message(line.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace tcpstep
