#include "server/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string_view>

namespace tcpstep {
namespace {

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

void begin_metric(std::string& text, std::string_view name, std::string_view type,
                  std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

}  // namespace

void Metrics::note_minima(const std::string& link, const ClassMinima& minima) {
  if (!minima_.contains(link) && minima_.size() >= kMostLinks) {
    return;
  }
  auto& known = minima_[link];
  for (const auto& [segments, rtt] : minima) {
    const auto [entry, is_new] = known.emplace(segments, rtt);
    entry->second = std::min(entry->second, rtt);
  }
}

std::uint64_t Metrics::runs() const {
  return sum_of(runs_);
}

std::uint64_t Metrics::refusals() const {
  return sum_of(refusals_);
}

std::string Metrics::render(std::uint64_t measuring, std::uint64_t waiting,
                            std::uint64_t connected) const {
  std::string text;
  const auto add = [&](std::string_view line) { text += line; };
  const auto single = [&](std::string_view name, std::string_view type, std::string_view help,
                          std::uint64_t value) {
    begin_metric(text, name, type, help);
    add(fmt::format("{} {}\n", name, value));
  };
  single("tcpstep_connections_total", "counter", "Connections accepted.", connections_);
  begin_metric(text, "tcpstep_runs_total", "counter", "Runs that ended, by their status.");
  for (const auto& [status, count] : runs_) {
    add(fmt::format("tcpstep_runs_total{{status=\"{}\"}} {}\n", status, count));
  }
  begin_metric(text, "tcpstep_refusals_total", "counter", "Clients refused, by the limit.");
  for (const auto& [reason, count] : refusals_) {
    add(fmt::format("tcpstep_refusals_total{{reason=\"{}\"}} {}\n", reason, count));
  }
  single("tcpstep_errors_total", "counter", "Clients that violated the protocol.", errors_);
  single("tcpstep_measuring", "gauge", "Runs in progress.", measuring);
  single("tcpstep_waiting", "gauge", "Clients that wait for their turn.", waiting);
  single("tcpstep_open_connections", "gauge", "Connections open before their run.", connected);
  begin_metric(text, "tcpstep_rtt_min_seconds", "gauge",
               "Fastest RTT since the start, by link and segments of the payload.");
  for (const auto& [link, classes] : minima_) {
    for (const auto& [segments, rtt] : classes) {
      add(fmt::format("tcpstep_rtt_min_seconds{{link=\"{}\",segments=\"{}\"}} {:.9f}\n", link,
                      segments, static_cast<double>(rtt.count()) / 1e9));
    }
  }
  return text;
}

}  // namespace tcpstep
