#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/compare/history_rows.h"
#include "lib/compare/render_history.h"

namespace tcpstep {
namespace {

bool is_slower(const History& history) {
  return history.trend == Trend::Slower;
}

// The two hosts of "n1_n2" or "n1_n2.up".
std::optional<std::pair<std::string, std::string>> hosts_of(const std::string& link) {
  const std::size_t middle = link.find('_');
  if (middle == std::string::npos) {
    return std::nullopt;
  }
  std::string to = link.substr(middle + 1);
  for (const std::string_view suffix : {".fresh", ".up"}) {
    if (to.ends_with(suffix)) {
      to.resize(to.size() - suffix.size());
    }
  }
  return std::pair(link.substr(0, middle), std::move(to));
}

std::string day_of_change(const History& history) {
  return history.creep ? "gradually" : "since " + when(history, history.changes.back());
}

}  // namespace

std::vector<std::string> slower_in_mesh(const std::vector<History>& pairs) {
  std::map<std::string, std::size_t> paths;   // of each host
  std::map<std::string, std::size_t> slower;  // of them
  for (const History& history : pairs) {
    if (const auto hosts = hosts_of(history.link)) {
      for (const std::string& host : {hosts->first, hosts->second}) {
        ++paths[host];
        slower[host] += is_slower(history) ? 1U : 0U;
      }
    }
  }
  std::vector<std::string> lines;
  std::set<std::string> blamed;
  for (const auto& [host, count] : paths) {
    if (count > 2 && 2 * slower[host] > count) {
      blamed.insert(host);
      lines.push_back(fmt::format("host {}: {} of {} are slower", printable(host), slower[host],
                                  count_of(count, "path")));
    }
  }
  for (const History& history : pairs) {
    const auto hosts = hosts_of(history.link);
    const bool is_told = hosts && (blamed.contains(hosts->first) || blamed.contains(hosts->second));
    if (is_slower(history) && !is_told) {
      lines.push_back(fmt::format("path {}: slower {}",
                                  hosts ? printable(hosts->first) + " → " + printable(hosts->second)
                                        : printable(history.link),
                                  day_of_change(history)));
    }
  }
  return lines;
}

}  // namespace tcpstep
