#include "server/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/base/text.h"
#include "lib/cli/program.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kInfo = "info";
constexpr std::uint64_t kClientFaultsPerMinute = 30;
constexpr std::size_t kLongestMessage = 4000;  // a pipe with room at all has room for this

// Whether a message can be written without waiting for whoever reads standard error.
bool is_read() {
  pollfd error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&error, 1, 0) == 1 && (error.revents & POLLOUT) != 0;
}

}  // namespace

void Log::note(std::string_view event, const std::string& text, Fields fields) const {
  if (!is_quiet_) {
    write(kInfo, event, text, fields);
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

bool Log::is_suppressing() const {
  return client_faults_ >= kClientFaultsPerMinute && minute_end_ &&
         *minute_end_ > std::chrono::steady_clock::now();
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
  if (!is_read()) {
    return;  // a pager that was left alone must not stop the server
  }
  if (format_ == LogFormat::Text) {
    const auto shown = std::string_view(text).substr(0, kLongestMessage);
    if (level == kInfo) {
      print_lines(shown);  // the text of a note is ours
    } else {
      print_message(shown);
    }
    return;
  }
  using Json = nlohmann::ordered_json;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Json line{{"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                                 now.time_since_epoch().count() % 1000)},
            {"level", level},
            {"event", event},
            {"message", text.substr(0, kLongestMessage / 4)}};
  for (const auto& [key, value] : fields) {
    line[key] = value;
  }
  print_message(line.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace tcpstep
