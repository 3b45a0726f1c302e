#include "server/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/base/text.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {
namespace {

constexpr std::size_t kReportedClasses = 64;

}  // namespace

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
    return "the run took longer than --max-time";
  }
  return "the run ended early (" + status + ")";
}

std::string encode(const RunReport& report) {
  nlohmann::json minima = nlohmann::json::array();
  for (const auto& [segments, rtt] : report.minima) {
    minima.push_back({segments, rtt.count()});
  }
  return nlohmann::json{{"status", report.status},
                        {"link", report.link.link},
                        {"direction", report.link.direction},
                        {"connection", report.link.connection},
                        {"minima", minima}}
      .dump();
}

RunReport decode_report(std::string_view message) {
  const auto json = nlohmann::json::parse(message);
  RunReport report{.status = json.at("status"),
                   .link = {.link = json.at("link"),
                            .direction = json.at("direction"),
                            .connection = json.at("connection")},
                   .minima = {}};
  for (const auto& entry : json.at("minima")) {
    report.minima.emplace_back(entry.at(0), Duration(entry.at(1).get<Duration::rep>()));
  }
  return report;
}

ClassMinima minima_of(const PenaltyTable& penalties, const LinkRuns& link) {
  ClassMinima minima;
  for (const SegmentClass& row : penalties.classes) {
    Duration fastest = Duration::max();
    for (const auto& [size, rtts] : link.series) {
      if (penalties.mss && segments_needed(size, *penalties.mss) == row.segments) {
        fastest = std::min(fastest, rtts.minimum());
      }
    }
    if (minima.size() < kReportedClasses) {
      minima.emplace_back(row.segments, fastest);
    }
  }
  return minima;
}

}  // namespace tcpstep
