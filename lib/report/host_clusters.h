// Which hosts are close to each other.
#pragma once

#include <cstddef>
#include <vector>

namespace tcpstep {

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

}  // namespace tcpstep
