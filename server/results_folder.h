// Whether the folder of results has room for one more run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tcpstep {

// Sizes are of the files as they are on disk, so that whatever is moved away makes room again. The
// folder is read again only after a run, and for at most a twentieth of the time.
class ResultsFolder {
 public:
  // An empty path has room for anything.
  ResultsFolder(std::filesystem::path path, std::uint64_t most_bytes, std::uint64_t free_bytes);

  // Why nothing may be added, or nothing.
  [[nodiscard]] std::optional<std::string> why_full();

  // A run is about to write into it.
  void expect_change() { has_changed_ = true; }

 private:
  void measure();

  std::filesystem::path path_;
  std::uint64_t most_bytes_;
  std::uint64_t free_bytes_;
  bool has_changed_ = true;
  std::uint64_t bytes_ = 0;
  std::chrono::steady_clock::time_point next_measurement_{};
};

}  // namespace tcpstep
