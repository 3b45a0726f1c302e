#include "analysis/ab_manifest.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/error.h"
#include "lib/base/file.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "ab.json";
constexpr const char* kFormat = "tcpstep-ab/1";

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    throw_system_error(errno, "getrandom");
  }
  return number;
}

bool is_manifest(const Json& json) {
  return json.is_object() && json.value("format", "") == kFormat && json.contains("seed") &&
         json["seed"].is_number_unsigned() && json.contains("launches") &&
         json["launches"].is_array();
}

// What has to stay the same when it is resumed.
Json asked_for(const AbOptions& options) {
  Json asked{{"runs", options.runs}, {"a", options.a}, {"b", options.b}};
  if (options.is_through) {
    asked["through"] = true;
  }
  if (const Looks looks = options.looks(); looks.count > 1) {
    asked["looks"] = looks.count;
  }
  return asked;
}

}  // namespace

AbManifest::AbManifest(const AbOptions& options, const fs::path& folder) : path_(folder / kName) {
  if (fs::exists(path_)) {
    if (!options.is_resumed) {
      throw UsageError(fmt::format("{} already has runs", folder.string()),
                       "Continue with --resume, or choose another folder.");
    }
    read(options);
    return;
  }
  if (options.is_resumed) {
    throw UsageError(fmt::format("{} has no {} to resume", folder.string(), kName));
  }
  json_ = {{"format", kFormat},
           {"id", fmt::format("{:016x}", random_number())},
           {"seed", options.seed ? *options.seed : random_number()}};
  json_.update(asked_for(options));
  json_["launches"] = Json::array();
  write();
}

std::string AbManifest::id() const {
  return json_.value("id", fmt::format("{:016x}", seed()));
}

std::uint64_t AbManifest::seed() const {
  return json_["seed"].get<std::uint64_t>();
}

void AbManifest::add(const AbLaunch& launch, const std::string& launched_utc) {
  json_["launches"].push_back({{"file", launch.file},
                               {"side", std::string(1, launch.side)},
                               {"block", launch.block},
                               {"seed", launch.seed},
                               {"launched_utc", launched_utc}});
  write();
}

void AbManifest::leave_out(std::uint32_t block) {
  json_["left_out"].push_back(block);
  write();
}

bool AbManifest::is_left_out(std::uint32_t block) const {
  const auto blocks = json_.find("left_out");
  return blocks != json_.end() && std::find(blocks->begin(), blocks->end(), block) != blocks->end();
}

std::uint32_t AbManifest::left_out() const {
  return json_.contains("left_out") ? static_cast<std::uint32_t>(json_["left_out"].size()) : 0;
}

void AbManifest::read(const AbOptions& options) {
  json_ = Json::parse(read_file(path_), nullptr, false);
  if (!is_manifest(json_)) {
    throw WorldError(fmt::format("{} is not a {} file", path_.string(), kFormat),
                     "Start again in another folder.");
  }
  const Json asked = asked_for(options);
  for (const char* key : {"runs", "a", "b", "through", "looks"}) {
    if (json_.value(key, Json()) != asked.value(key, Json())) {
      throw UsageError(fmt::format("{} was started with other options ({})", path_.string(), key),
                       "Resume with the same commands and runs, or choose another folder.");
    }
  }
}

void AbManifest::write() const {
  replace_file(path_, json_.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

Looks looks_in(const fs::path& folder) {
  if (!fs::exists(folder / kName)) {
    return {};
  }
  const Json json = Json::parse(read_file(folder / kName), nullptr, false);
  const auto number = [&](const char* key) {
    const bool is_known = json.contains(key) && json[key].is_number_unsigned();
    return is_known ? json[key].get<std::uint32_t>() : 0;
  };
  return is_manifest(json) ? Looks{.count = number("looks"), .most_runs = number("runs")} : Looks{};
}

}  // namespace tcpstep
