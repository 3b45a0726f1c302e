#include "server/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string_view>

#include "lib/base/file.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenWrites = 1s;
constexpr auto kHour = 61min;  // a minute is forgotten as a whole

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

ClassMinima fastest_of(const ClassMinima& one, const ClassMinima& other) {
  std::map<std::uint32_t, Duration> fastest(one.begin(), one.end());
  for (const auto& [segments, rtt] : other) {
    const auto entry = fastest.emplace(segments, rtt).first;
    entry->second = std::min(entry->second, rtt);
  }
  return {fastest.begin(), fastest.end()};
}

void begin_metric(std::string& text, std::string_view name, std::string_view type,
                  std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

}  // namespace

void Metrics::note_minima(const MeasuredLink& link, const ClassMinima& minima,
                          const std::vector<std::string>& warnings) {
  if (!links_.contains(link) && links_.size() >= kMostLinks) {
    links_.erase(std::ranges::min_element(
        links_, {}, [](const auto& entry) { return entry.second.last_ended; }));
  }
  const auto now = std::chrono::steady_clock::now();
  LinkRuns& runs = links_[link];
  runs.last_ended = now;
  runs.last_date = std::chrono::system_clock::now();
  runs.last_minima = minima;
  runs.last_warnings = warnings;
  if (runs.hour.empty() || now - runs.hour.back().begun >= 1min) {
    runs.hour.push_back({.begun = now, .minima = minima});
  } else {
    runs.hour.back().minima = fastest_of(runs.hour.back().minima, minima);
  }
}

std::optional<std::chrono::steady_clock::time_point> Metrics::next_expiry() const {
  std::optional<std::chrono::steady_clock::time_point> earliest;
  for (const auto& [link, runs] : links_) {
    if (runs.hour.size() > 1) {
      const auto due = runs.hour.front().begun + kHour;
      earliest = std::min(earliest.value_or(due), due);
    }
  }
  return earliest;
}

void Metrics::forget_old_runs() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& [link, runs] : links_) {
    while (runs.hour.size() > 1 && now - runs.hour.front().begun >= kHour) {
      runs.hour.pop_front();
    }
  }
}

std::optional<MetricsFile::Time> MetricsFile::next_deadline(const Metrics& metrics) const {
  const auto due = is_stale_ ? std::optional(Time{}) : metrics.next_expiry();
  return path_.empty() || !due ? std::nullopt
                               : std::optional(std::max<Time>(*due, written_ + kBetweenWrites));
}

void MetricsFile::write(const std::string& text) {
  if (path_.empty()) {
    return;
  }
  is_stale_ = false;
  written_ = std::chrono::steady_clock::now();
  replace_file_soon(path_, text);  // a second later it is replaced again
}

std::uint64_t Metrics::runs() const {
  return sum_of(runs_);
}

std::uint64_t Metrics::refusals() const {
  return sum_of(refusals_);
}

std::string Metrics::render(std::uint64_t measuring, std::uint64_t waiting,
                            std::uint64_t connected) {
  forget_old_runs();
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
  const auto for_each_link = [&](const char* name, const char* help, auto&& render) {
    begin_metric(text, name, "gauge", help);
    for (const auto& [link, runs] : links_) {
      const std::string labels =
          fmt::format("link=\"{}\",direction=\"{}\",connection=\"{}\",port=\"{}\"", link.link,
                      link.direction, link.connection, port_);
      render(fmt::format("{}{{{}", name, labels), runs);
    }
  };
  const auto add_minima = [&](const std::string& series, const ClassMinima& minima) {
    for (const auto& [segments, rtt] : minima) {
      add(fmt::format("{},segments=\"{}\"}} {:.9f}\n", series, segments,
                      static_cast<double>(rtt.count()) / 1e9));
    }
  };
  for_each_link("tcpstep_last_run_timestamp_seconds", "When the last run ended.",
                [&](const std::string& series, const LinkRuns& runs) {
                  add(fmt::format("{}}} {}\n", series,
                                  std::chrono::duration_cast<std::chrono::seconds>(
                                      runs.last_date.time_since_epoch())
                                      .count()));
                });
  for_each_link("tcpstep_last_run_rtt_min_seconds",
                "Fastest RTT of the last run, by segments of the payload.",
                [&](const std::string& series, const LinkRuns& runs) {
                  add_minima(series, runs.last_minima);
                });
  for_each_link("tcpstep_last_run_warning",
                "What may have spoiled the last run; tcpstep report has the remedy.",
                [&](const std::string& series, const LinkRuns& runs) {
                  for (const std::string& key : runs.last_warnings) {
                    add(fmt::format("{},warning=\"{}\"}} 1\n", series, key));
                  }
                });
  for_each_link(
      "tcpstep_rtt_min_seconds",
      "Fastest RTT of the last hour's runs, or of the last one, by segments of the payload.",
      [&](const std::string& series, const LinkRuns& runs) {
        ClassMinima fastest;
        for (const Minute& minute : runs.hour) {
          fastest = fastest_of(fastest, minute.minima);
        }
        add_minima(series, fastest);
      });
  return text;
}

}  // namespace tcpstep
