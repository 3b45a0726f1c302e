#include "server/run_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tcpstep {
namespace {

constexpr std::size_t kReportedClasses = 64;

}  // namespace

std::string encode(const RunReport& report) {
  nlohmann::json minima = nlohmann::json::array();
  for (const auto& [segments, rtt] : report.minima) {
    minima.push_back({segments, rtt.count()});
  }
  return nlohmann::json{{"status", report.status}, {"link", report.link}, {"minima", minima}}
      .dump();
}

RunReport decode_report(std::string_view message) {
  const auto json = nlohmann::json::parse(message);
  RunReport report{.status = json.at("status"), .link = json.at("link"), .minima = {}};
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
