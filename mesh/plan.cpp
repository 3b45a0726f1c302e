#include "mesh/plan.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/runfile/mesh_folder.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string formatted(std::chrono::system_clock::time_point time, const char* format) {
  return fmt::format(fmt::runtime(format), fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

MeshPlan plan_of(const Json& json) {
  MeshPlan plan{.tournament = json.at("tournament").get<std::string>(),
                .seed = json.at("seed").get<std::uint64_t>(),
                .hosts = {},
                .sweep = json.at("sweep").get<std::vector<std::string>>(),
                .direction = json.at("direction").get<std::string>()};
  for (const Json& host : json.at("hosts")) {
    plan.hosts.push_back({.name = host.at("name").get<std::string>(),
                          .address = host.at("address").get<std::string>()});
  }
  return plan;
}

}  // namespace

std::string MeshPlan::day() const {
  return fmt::format("{}-{}-{}", tournament.substr(0, 4), tournament.substr(4, 2),
                     tournament.substr(6, 2));
}

std::string MeshPlan::file_of(const MeshHost& from, const MeshHost& to) const {
  return fmt::format("{}_{}.csv", tournament, link_between(from, to));
}

std::optional<MeshPlan> read_plan(const fs::path& folder) {
  const fs::path path = folder / kMeshPlanName;
  if (!fs::exists(path)) {
    return std::nullopt;
  }
  try {
    const Json json = Json::parse(read_file(path));
    if (json.at("format") == kMeshFormat) {
      MeshPlan plan = plan_of(json);
      if (plan.tournament.size() == utc_stamp({}).size()) {
        return plan;
      }
    }
  } catch (const Json::exception&) {  // it is none of ours, or damaged
  }
  throw WorldError(fmt::format("{} is not a {} file", path.string(), kMeshFormat),
                   "Choose another folder, or remove that file: the results beside it stay.");
}

void write_plan(const fs::path& folder, const MeshPlan& plan) {
  Json json{{"format", kMeshFormat}, {"tournament", plan.tournament},
            {"seed", plan.seed},     {"direction", plan.direction},
            {"sweep", plan.sweep},   {"hosts", Json::array()}};
  for (const MeshHost& host : plan.hosts) {
    json["hosts"].push_back({{"name", host.name}, {"address", host.address}});
  }
  replace_file(folder / kMeshPlanName, json.dump(2) + '\n');
}

PairTimes times_of(const std::vector<IndexRow>& rows) {
  PairTimes times;
  for (const IndexRow& row : rows) {
    if (!row.file.empty()) {
      times[{row.from, row.to}] = row.seconds;
    }
  }
  return times;
}

Duration forecast(const std::vector<MeshRound>& rounds, const std::vector<MeshHost>& hosts,
                  std::size_t pairs, const PairTimes& times, double otherwise) {
  const auto time_of = [&](std::size_t from, std::size_t to) {
    const auto found = times.find({hosts[from].name, hosts[to].name});
    return found == times.end() ? otherwise : found->second;
  };
  double seconds = 0;
  for (const MeshRound& round : rounds) {
    // Each pair is measured by the first place that is free.
    std::vector<double> places(std::clamp<std::size_t>(round.size(), 1, pairs));
    for (const Pairing& pair : round) {
      *std::ranges::min_element(places) +=
          time_of(pair.first, pair.second) + time_of(pair.second, pair.first);
    }
    seconds += *std::ranges::max_element(places);
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::string utc_text(std::chrono::system_clock::time_point time) {
  return formatted(time, "{:%Y-%m-%dT%H:%M:%SZ}");
}

std::string utc_stamp(std::chrono::system_clock::time_point time) {
  return formatted(time, "{:%Y%m%dT%H%M%SZ}");
}

}  // namespace tcpstep
