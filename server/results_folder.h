// Whether the folder of results has room for one more run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/units.h"

namespace tcpstep {

// Sizes are what the files take on disk, so that whatever is moved away makes room again. The
// folder is read when the server starts, and again only while it seems full or a run has not said
// what it wrote; at most once a second, and so that reading takes at most a twentieth of the time.
class ResultsFolder {
 public:
  // Makes the folder if it is missing, and reads it. Throws if nothing can be written there.
  ResultsFolder(std::filesystem::path path, std::uint64_t most_bytes, std::uint64_t free_bytes,
                Duration between_readings = std::chrono::seconds(1));

  // Why nothing may be added, or nothing.
  [[nodiscard]] std::optional<std::string> why_full();

  // A run is over, with a file of that many bytes on disk; nothing if that is not known.
  void note_run(std::optional<std::uint64_t> bytes);

 private:
  void read();

  std::filesystem::path path_;
  std::uint64_t most_bytes_;
  std::uint64_t free_bytes_;
  std::uint64_t bytes_ = 0;
  bool is_known_ = false;
  Duration between_readings_;
  std::chrono::steady_clock::time_point read_again_{};
};

// What a file takes on disk, or its size if that is more (a file system may pack small files): many
// short files are limited, too.
[[nodiscard]] std::optional<std::uint64_t> bytes_on_disk(const std::filesystem::path& file);

}  // namespace tcpstep
