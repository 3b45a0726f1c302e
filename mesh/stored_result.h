// A result file in the folder of a mesh: as the measuring host wrote it, and with its place there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace tcpstep {

struct PlaceInMesh {
  std::string tournament;
  std::size_t round = 0;  // from 1
  std::string from;
  std::string to;
  std::string started_utc;  // when it was launched, by the clock of this host
  double seconds = 0;       // and how long that took
};

// Writes the result in `draft` to `path`, with its place in the header, and removes the draft. If
// the measuring host's clock puts it outside of the time in which it was launched, it gets this
// host's time, and the other one is kept as host_started_utc and returned.
[[nodiscard]] std::string store_result(const std::filesystem::path& draft,
                                       const std::filesystem::path& path, const PlaceInMesh& place);

// started_utc of a result file; empty if it has none.
[[nodiscard]] std::string started_utc_of(const std::filesystem::path& file);

}  // namespace tcpstep
