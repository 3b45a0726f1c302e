#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "lib/report/matrix.h"

namespace tcpstep {
namespace {

using Distances = std::vector<std::vector<double>>;
using Groups = std::vector<std::vector<std::size_t>>;

constexpr double kSiteGap = 2;
constexpr double kFarthest = std::numeric_limits<double>::infinity();

struct Merge {
  std::size_t kept;
  std::size_t merged;
  double distance;
};

std::pair<std::size_t, std::size_t> nearest_of(const Distances& distances, const Groups& groups) {
  std::pair<std::size_t, std::size_t> nearest{0, 0};
  double least = kFarthest;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = i + 1; !groups[i].empty() && j < groups.size(); ++j) {
      if (!groups[j].empty() && distances[i][j] < least) {
        least = distances[i][j];
        nearest = {i, j};
      }
    }
  }
  return nearest;
}

// The second group becomes a part of the first.
void join(Distances& distances, Groups& groups, std::size_t kept, std::size_t merged) {
  const auto weight = static_cast<double>(groups[kept].size());
  const auto other_weight = static_cast<double>(groups[merged].size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    distances[kept][i] = distances[i][kept] =
        (weight * distances[kept][i] + other_weight * distances[merged][i]) /
        (weight + other_weight);
  }
  groups[kept].insert(groups[kept].end(), groups[merged].begin(), groups[merged].end());
  groups[merged].clear();
}

Groups singles(std::size_t count) {
  Groups groups(count);
  for (std::size_t i = 0; i < count; ++i) {
    groups[i] = {i};
  }
  return groups;
}

// After how many merges sites are complete.
std::size_t merges_within_sites(const std::vector<Merge>& merges, double least) {
  std::size_t within = merges.size();
  double largest = kSiteGap;
  for (std::size_t i = 1; i < merges.size(); ++i) {
    const double gap = merges[i].distance / std::max(merges[i - 1].distance, least);
    if (gap > largest) {
      largest = gap;
      within = i;
    }
  }
  return within;
}

// Small groups join the nearest large one; without any there is one site.
void find_sites(HostClusters& clusters, const Distances& distances, Groups groups) {
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  std::vector<std::size_t> site_of_group(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    site_of_group[i] = groups[i].size() >= kFewestOfSite ? clusters.site_count++ : groups.size();
  }
  const std::size_t none = groups.size();
  const auto distance = [&](const auto& a, const auto& b) {
    double sum = 0;
    for (const std::size_t i : a) {
      for (const std::size_t j : b) {
        sum += distances[i][j];
      }
    }
    return sum / static_cast<double>(a.size() * b.size());
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::size_t site = site_of_group[i];
    double least = kFarthest;
    for (std::size_t j = 0; site_of_group[i] == none && j < groups.size(); ++j) {
      if (site_of_group[j] != none && distance(groups[i], groups[j]) < least) {
        least = distance(groups[i], groups[j]);
        site = site_of_group[j];
      }
    }
    for (const std::size_t host : groups[i]) {
      clusters.sites[host] = site == none ? 0 : site;
    }
  }
  clusters.site_count = std::max<std::size_t>(clusters.site_count, groups.empty() ? 0 : 1);
}

}  // namespace

HostClusters cluster_hosts(Distances distances, double least) {
  const std::size_t count = distances.size();
  HostClusters clusters{.order = {}, .sites = std::vector<std::size_t>(count)};
  const Distances given = distances;
  Groups groups = singles(count);
  std::vector<Merge> merges;
  for (std::size_t step = 1; step < count; ++step) {
    const auto [kept, merged] = nearest_of(distances, groups);
    merges.push_back({.kept = kept, .merged = merged, .distance = distances[kept][merged]});
    join(distances, groups, kept, merged);
  }
  if (count > 0) {
    clusters.order = groups.front();
  }
  groups = singles(count);
  distances = given;
  const std::size_t within = merges_within_sites(merges, least);
  for (std::size_t i = 0; i < within; ++i) {
    join(distances, groups, merges[i].kept, merges[i].merged);
  }
  find_sites(clusters, given, std::move(groups));
  return clusters;
}

}  // namespace tcpstep
