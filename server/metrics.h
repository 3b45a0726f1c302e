// The server's counters, as a file for Prometheus's node exporter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/units.h"

namespace tcpstep {

// Fastest RTT of each class of one run.
using ClassMinima = std::vector<std::pair<std::uint32_t, Duration>>;

class Metrics {
 public:
  void count_connection() { ++connections_; }
  void count_run(const std::string& status) { ++runs_[status]; }
  void count_refusal(const std::string& reason) { ++refusals_[reason]; }
  void count_error() { ++errors_; }
  // Clients choose the names of links: only the first kMostLinks are kept.
  void note_minima(const std::string& link, const ClassMinima& minima);

  [[nodiscard]] std::uint64_t runs() const;
  [[nodiscard]] std::uint64_t refusals() const;
  [[nodiscard]] std::uint64_t errors() const { return errors_; }

  // Prometheus's text format, version 0.0.4.
  [[nodiscard]] std::string render(std::uint64_t measuring, std::uint64_t waiting,
                                   std::uint64_t connected) const;

 private:
  static constexpr std::size_t kMostLinks = 100;

  std::uint64_t connections_ = 0;
  std::uint64_t errors_ = 0;
  std::map<std::string, std::uint64_t> runs_;
  std::map<std::string, std::uint64_t> refusals_;
  std::map<std::string, std::map<std::uint32_t, Duration>> minima_;
};

}  // namespace tcpstep
