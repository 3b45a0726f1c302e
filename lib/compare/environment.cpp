#include "lib/compare/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

namespace tcpstep {
namespace {

constexpr auto kIdentity = std::to_array<Circumstance>({
    {"link", "link"},
    {"interface", "interface"},
    {"interface_driver", "interface driver"},
    {"protocol", "protocol"},
    {"measured_by", "measuring side"},
    {"direction", "direction"},
    {"connection", "connection mode"},
    {"ip_version", "IP version"},
    {"lab_profile", "lab profile"},
    {"lab_time", "lab time"},
    {"lab_emulation", "lab emulation"},
    {"lab_scale", "lab scale"},
    {"lab_swapped", "lab direction"},
});

// Keys about either host, without "server_" or "client_".
constexpr Circumstance kHost{"host", "host"};
constexpr auto kOfHosts = std::to_array<Circumstance>({
    {"tool", "tool"},
    {"os", "kernel"},
    {"cpu", "CPU"},
    {"processors", "processors"},
    {"virtualization", "virtualization"},
});

enum class Role : std::uint8_t { Measuring, Other };

std::string_view name_of(Role role) {
  return role == Role::Measuring ? "measuring" : "other";
}

// The measuring host wrote the file: its tool has no prefix.
std::optional<std::string_view> of_host(const RunHeader& header, Role role, std::string_view key) {
  const bool is_client_measuring = header.find("measured_by") == "client";
  const bool is_client = is_client_measuring == (role == Role::Measuring);
  if (role == Role::Measuring && (key == "tool" || key == "virtualization")) {
    if (const auto own = header.find(key)) {
      return own;
    }
  }
  return header.find(fmt::format("{}_{}", is_client ? "client" : "server", key));
}

// The different values that `find` gives for the headers of the runs.
template <class Find>
std::set<std::string> values_of(Headers headers, Find find) {
  std::set<std::string> values;
  for (const RunHeader* header : headers) {
    if (const auto value = find(*header)) {
      values.emplace(*value);
    }
  }
  return values;
}

// Calls `visit(name, before, after)` for each of the keys, and for each key of both hosts.
template <class Visit>
void visit_values(Headers baseline, Headers candidate, std::span<const Circumstance> keys,
                  std::span<const Circumstance> of_hosts, Visit visit) {
  for (const auto& [key, name, is_setting] : of_hosts) {
    for (const Role role : {Role::Measuring, Role::Other}) {
      const auto find = [&, key = key](const RunHeader& header) {
        return of_host(header, role, key);
      };
      visit(key == kHost.key ? fmt::format("{} host", name_of(role))
                             : fmt::format("{} of the {} host", name, name_of(role)),
            values_of(baseline, find), values_of(candidate, find));
    }
  }
  for (const auto& [key, name, is_setting] : keys) {
    const auto find = [key = key](const RunHeader& header) { return header.find(key); };
    visit(std::string(name), values_of(baseline, find), values_of(candidate, find));
  }
}

}  // namespace

std::vector<const RunHeader*> headers_of(std::span<const Run> runs) {
  std::vector<const RunHeader*> headers;
  for (const Run& run : runs) {
    headers.push_back(&run.header);
  }
  return headers;
}

RunHeader circumstances_of(const RunHeader& header) {
  const auto is_in = [](std::span<const Circumstance> all, std::string_view key) {
    return std::ranges::find(all, key, &Circumstance::key) != all.end();
  };
  RunHeader kept;
  for (const auto& [key, value] : header.facts()) {
    std::string_view of_host = key;
    for (const std::string_view role : {"server_", "client_"}) {
      of_host.remove_prefix(of_host.starts_with(role) ? role.size() : 0);
    }
    if (is_in(kIdentity, key) || is_in(kCircumstances, key) || of_host == kHost.key ||
        is_in(kOfHosts, of_host)) {
      kept.add(key, value);
    }
  }
  return kept;
}

std::vector<std::string> why_not_comparable(Headers baseline, Headers candidate) {
  std::vector<std::string> reasons;
  visit_values(
      baseline, candidate, kIdentity, std::span(&kHost, 1),
      [&](const std::string& name, const auto& before, const auto& after) {
        std::set<std::string> all = before;
        all.insert(after.begin(), after.end());
        if (all.size() < 2) {
          return;
        }
        reasons.push_back(
            before.size() == 1 && after.size() == 1
                ? fmt::format("the {} differs: {} and {}", name, *before.begin(), *after.begin())
                : fmt::format("runs differ in {}: {}", name, fmt::join(all, ", ")));
      });
  return reasons;
}

std::vector<EnvironmentDifference> environment_differences(Headers baseline, Headers candidate) {
  std::vector<EnvironmentDifference> differences;
  visit_values(
      baseline, candidate, kCircumstances, kOfHosts,
      [&](const std::string& name, const auto& before, const auto& after) {
        if (before != after && !before.empty() && !after.empty()) {
          differences.push_back({.what = name,
                                 .baseline = fmt::format("{}", fmt::join(before, " or ")),
                                 .candidate = fmt::format("{}", fmt::join(after, " or "))});
        }
      });
  return differences;
}

}  // namespace tcpstep
