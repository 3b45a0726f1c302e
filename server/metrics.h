// The server's counters, as a file for Prometheus's node exporter.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// Fastest RTT of each class of one run.
using ClassMinima = std::vector<std::pair<std::uint32_t, Duration>>;

// What a series of runs has in common.
struct MeasuredLink {
  std::string link;
  std::string direction;
  std::string connection;

  auto operator<=>(const MeasuredLink&) const = default;
};

class Metrics {
 public:
  explicit Metrics(std::uint16_t port) : port_(port) {}

  void count_connection() { ++connections_; }
  void count_run(const std::string& status) { ++runs_[status]; }
  void count_refusal(const std::string& reason) { ++refusals_[reason]; }
  void count_error() { ++errors_; }
  // Of a run that this host has measured: what a client says that it measured is a claim. Clients
  // choose the names of links: those of the latest runs are kept.
  // `warnings`: keys of what may have spoiled the run.
  void note_minima(const MeasuredLink& link, const ClassMinima& minima,
                   const std::vector<std::string>& warnings = {});
  // When a run is an hour old, and render() changes without any event.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_expiry() const;

  [[nodiscard]] std::uint64_t runs() const;
  [[nodiscard]] std::uint64_t refusals() const;
  [[nodiscard]] std::uint64_t errors() const { return errors_; }

  // Prometheus's text format, version 0.0.4.
  [[nodiscard]] std::string render(std::uint64_t measuring, std::uint64_t waiting,
                                   std::uint64_t connected);

 private:
  static constexpr std::size_t kMostLinks = 100;

  // The runs of a minute take the memory of one, so that clients cannot make it grow.
  struct Minute {
    std::chrono::steady_clock::time_point begun;
    ClassMinima minima;
  };
  struct LinkRuns {
    std::chrono::steady_clock::time_point last_ended;
    std::chrono::system_clock::time_point last_date;
    ClassMinima last_minima;
    std::vector<std::string> last_warnings;
    std::deque<Minute> hour;  // its last one may be older
  };

  void forget_old_runs();

  std::uint16_t port_;
  std::uint64_t connections_ = 0;
  std::uint64_t errors_ = 0;
  std::map<std::string, std::uint64_t> runs_;
  std::map<std::string, std::uint64_t> refusals_;
  std::map<MeasuredLink, LinkRuns> links_;
};

// The file that holds them: replaced when something has changed, at most once a second.
class MetricsFile {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // An empty path: no file.
  explicit MetricsFile(std::filesystem::path path) : path_(std::move(path)) {}

  void note_change() { is_stale_ = true; }
  // When it has to be written; nothing if it is up to date.
  [[nodiscard]] std::optional<Time> next_deadline(const Metrics& metrics) const;
  // Throws std::system_error if it cannot be written; then it is tried again after the next change.
  void write(const std::string& text);

 private:
  std::filesystem::path path_;
  bool is_stale_ = true;
  Time written_{};
};

}  // namespace tcpstep
