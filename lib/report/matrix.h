// Every pair of hosts in one table: what each path is like, and whether a host or a path is behind
// it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/units.h"
#include "lib/base/warning_table.h"
#include "lib/report/penalty_table.h"
#include "lib/runfile/run.h"

namespace tcpstep {

// --- Which hosts are close to each other ---

struct HostClusters {
  std::vector<std::size_t> order;  // of all hosts: those that are close are neighbors
  std::vector<std::size_t> sites;  // of each host, from 0: see cluster_hosts()
  std::size_t site_count = 0;
};

// A site has at least this many hosts; others belong to the nearest one.
inline constexpr std::size_t kFewestOfSite = 3;

// Average linkage (Sokal & Michener, University of Kansas Science Bulletin 38 (1958) 1409) of a
// symmetric matrix of distances. Where the distances at which groups are joined rise most, and by
// more than a factor of two, sites end. `least` is the smallest distance that means anything.
[[nodiscard]] HostClusters cluster_hosts(std::vector<std::vector<double>> distances, double least);

// --- The table ---

// What a cell says.
struct MatrixStatistic {
  enum class Kind : std::uint8_t { Rtt, Fill, Second, Fourth };
  Kind kind = Kind::Rtt;
  std::optional<PayloadSize> size;  // of an RTT; empty: the smallest that was measured

  // "rtt", "rtt:1448", "fill", "second", "fourth".
  [[nodiscard]] std::string name() const;
  // An RTT is in ns; penalties are shares: 0.3 is 30 %.
  [[nodiscard]] bool is_rtt() const { return kind == Kind::Rtt; }
};

// From the host that sends the payloads to the other one.
struct MatrixCell {
  std::size_t from;
  std::size_t to;
  std::optional<double> value;     // empty where the runs do not have it
  std::optional<double> residual;  // what neither host nor the distance of their sites explains
  PenaltyTable table;
  std::optional<std::chrono::sys_time<Duration>> last_start;
  std::uint32_t left_out = 0;  // runs of another MSS or kind of connection than the newest
};

// What is out of line, the worst first.
struct MatrixFindings {
  struct Host {
    std::size_t host;
    double effect;  // the mean of that of sending and of receiving
  };
  struct Path {
    std::size_t a;
    std::size_t b;
    double excess;   // over what both hosts explain
    bool is_mutual;  // b to a is out of line, too
  };
  struct SmallMss {
    std::size_t host;                  // of all its paths
    std::optional<std::size_t> other;  // or only of the path to this one
    Mss mss{1};
    Mss usual{1};
  };
  std::vector<Host> hosts;
  std::vector<Path> paths;
  std::vector<SmallMss> small_mss;
};

// What was recorded on some of the hosts when they measured.
struct HostsWarning {
  Warning warning;  // in the words of the first of them
  std::set<std::size_t> hosts;
};

struct Matrix {
  MatrixStatistic statistic;
  std::vector<std::string> hosts;  // by name, digits by value
  std::vector<MatrixCell> cells;   // by from, then to
  std::uint32_t runs = 0;
  std::vector<HostsWarning> warnings;  // what spoils these numbers, the most important first

  // Only from kFewestForFit hosts on.
  static constexpr std::size_t kFewestForFit = 5;
  bool is_fitted = false;
  HostClusters clusters;  // by the RTT of the smallest size
  // The median of the paths between two sites is taken out first: distance is no fault.
  double overall = 0;
  std::vector<double> from_effects;
  std::vector<double> to_effects;
  MatrixFindings findings;

  [[nodiscard]] const MatrixCell* find(std::size_t from, std::size_t to) const;
  // The cells with a value, the largest first.
  [[nodiscard]] std::vector<const MatrixCell*> worst() const;
  // Pairs with a value both ways, those that differ most first: the slower way of each.
  [[nodiscard]] std::vector<std::pair<const MatrixCell*, double>> asymmetric() const;
};

// Takes runs in any order, in memory that depends on the number of pairs only.
class MatrixRuns {
 public:
  enum class Taken : std::uint8_t { Yes, Repeated, NoHosts };
  Taken add(const Run& run);

  [[nodiscard]] Matrix matrix(const MatrixStatistic& statistic) const;

 private:
  // Of one kind of runs of a pair.
  struct Pooled {
    std::uint32_t runs = 0;
    std::optional<std::chrono::sys_time<Duration>> last_start;
    std::map<PayloadSize, Duration> fastest;
  };
  using Pair = std::pair<std::string, std::string>;
  // What was recorded when the runs were made, and by which hosts.
  struct Recorded {
    Warning warning;
    std::set<std::string> hosts;
  };

  void note_warnings(const RunHeader& header, const std::string& host);

  std::map<Pair, std::map<LinkKey, Pooled>> pairs_;
  std::set<std::string> known_;
  std::map<std::string, Recorded> recorded_;  // by the key of the warning
};

// --- What is out of line, and whether a host or a path is behind it ---

// What counts as out of line, at least: 5 % of the usual RTT and 10 µs, which a busy host adds even
// to the fastest of some pings; 5 points of a penalty. And it has to exceed what normal noise of
// the observed spread (1.4826 times the median absolute deviation) would exceed anywhere in the
// table in one of a hundred tables: docs/statistics.md.
inline constexpr double kLeastShareOfRtt = 0.05;
inline constexpr double kLeastRtt = 10'000;  // ns
inline constexpr double kLeastPoints = 0.05;

// Fits the matrix, if it has enough hosts, and fills in effects, residuals and findings.
void explain(Matrix& matrix);

}  // namespace tcpstep
