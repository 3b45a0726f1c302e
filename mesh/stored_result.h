// A result file in the folder of a mesh: as the measuring host wrote it, and with its place there.
#pragma once

#include <filesystem>
#include <string>

#include "mesh/index.h"

namespace tcpstep {

struct StoredResult {
  std::string wrong_clock;  // what the measuring host took for the time, if that cannot be
  std::string fault;        // why it was not stored: the host's header contradicts its place
};

// Writes the result in `draft` to `path`, with its place in the header, which `place` has but for
// the file, and removes the draft. If the measuring host's clock puts it outside of the time in
// which it was launched, it gets this host's time, and the other one is kept as host_started_utc.
[[nodiscard]] StoredResult store_result(const std::filesystem::path& draft,
                                        const std::filesystem::path& path, const IndexRow& place);

// started_utc of a result file; empty if it has none.
[[nodiscard]] std::string started_utc_of(const std::filesystem::path& file);

}  // namespace tcpstep
