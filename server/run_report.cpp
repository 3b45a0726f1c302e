#include "server/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/base/sample.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/runfile/run_header.h"
#include "lib/sweep/black_hole.h"

namespace tcpstep {
namespace {

constexpr std::size_t kReportedClasses = 64;

// What a status of a run means for its client.
std::string explain_status(const std::string& status, Duration timeout) {
  if (status == "timeout") {
    return fmt::format("the client did not respond within {}", format_duration(timeout));
  }
  if (status == "reset") {
    return "the connection was reset";
  }
  if (status == "closed") {
    return "the client closed the connection before its ack";
  }
  if (status == "protocol") {
    return "unexpected data from the client";
  }
  if (status == kLimit) {
    return requested_stop() == kOutOfTime
               ? "the run took longer than its turn, and clients of other addresses wait"
               : "the run took longer than --max-time";
  }
  return "the run ended early (" + status + ")";
}

}  // namespace

std::string fault_of(const RunOutcome& outcome, Duration timeout) {
  if (outcome.status == kComplete || outcome.status == to_word(PingStatus::Interrupted)) {
    return {};
  }
  const std::string fault =
      outcome.fault.empty() ? explain_status(outcome.status, timeout) : outcome.fault;
  return outcome.black_hole.empty()
             ? fault
             : fmt::format("{}: {}. {}", fault, outcome.black_hole, kBlackHoleRemedy);
}

bool is_failure(const std::string& status) {
  return status != kComplete && status != kLimit && status != to_word(PingStatus::Interrupted);
}

std::string encode(const RunReport& report) {
  nlohmann::json minima = nlohmann::json::array();
  for (const auto& [segments, rtt] : report.minima) {
    minima.push_back({segments, rtt.count()});
  }
  nlohmann::json json{{"status", report.status},
                      {"link", report.link.link},
                      {"direction", report.link.direction},
                      {"connection", report.link.connection},
                      {"minima", minima},
                      {"spoilers", report.spoilers},
                      {"file", report.file},
                      {"fault", report.fault},
                      {"warnings", report.warnings}};
  if (report.bytes) {
    json["bytes"] = *report.bytes;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

RunReport decode_report(std::string_view message) {
  const auto json = nlohmann::json::parse(message);
  RunReport report{.status = json.at("status"),
                   .link = {.link = json.at("link"),
                            .direction = json.at("direction"),
                            .connection = json.at("connection")},
                   .spoilers = json.at("spoilers").get<std::vector<std::string>>(),
                   .file = json.at("file"),
                   .fault = json.at("fault"),
                   .warnings = json.at("warnings").get<RunWarnings>()};
  if (const auto bytes = json.find("bytes"); bytes != json.end()) {
    report.bytes = *bytes;
  }
  for (const auto& entry : json.at("minima")) {
    report.minima.emplace_back(entry.at(0), Duration(entry.at(1).get<Duration::rep>()));
  }
  return report;
}

ClassMinima minima_of(const PenaltyTable& penalties, const LinkRuns& link) {
  ClassMinima minima;
  for (const auto& [size, rtts] : link.series) {  // by ascending size, so that classes ascend too
    if (!penalties.mss || rtts.size() == 0) {
      continue;
    }
    const std::uint32_t segments = segments_needed(size, *penalties.mss);
    if (!minima.empty() && minima.back().first == segments) {
      minima.back().second = std::min(minima.back().second, rtts.minimum());
    } else if (minima.size() < kReportedClasses) {
      minima.emplace_back(segments, rtts.minimum());
    } else {
      break;
    }
  }
  return minima;
}

}  // namespace tcpstep
