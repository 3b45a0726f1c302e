// ab.json in the folder of the runs: what `ab` was asked for, and what it has launched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/ab_options.h"
#include "analysis/ab_plan.h"

namespace tcpstep {

// Rewritten after every launch.
class AbManifest {
 public:
  // Begins a new one, or reads the one to resume. Throws UsageError if `folder` has runs that were
  // not asked for, WorldError if its file cannot be read.
  AbManifest(const AbOptions& options, const std::filesystem::path& folder);

  // Distinguishes the blocks of this experiment from those of others.
  [[nodiscard]] std::string id() const;
  [[nodiscard]] std::uint64_t seed() const;

  void add(const AbLaunch& launch, const std::string& launched_utc);

  // Blocks of which a launch failed: none of their runs counts.
  void leave_out(std::uint32_t block);
  [[nodiscard]] bool is_left_out(std::uint32_t block) const;
  [[nodiscard]] std::uint32_t left_out() const;  // how many

 private:
  void read(const AbOptions& options);
  void write() const;

  std::filesystem::path path_;
  nlohmann::ordered_json json_;
};

// When `ab` looks at the verdict of the runs in `folder`; once if its ab.json does not say.
[[nodiscard]] Looks looks_in(const std::filesystem::path& folder);

}  // namespace tcpstep
