// Is a result file whole, and what is left of it if it is not?
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "lib/base/units.h"
#include "lib/runfile/output_file.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

struct Inspection {
  std::optional<RunTrailer> trailer;
  std::uint64_t samples = 0;  // counted as the trailer counts them
  std::uint64_t lost = 0;
  std::uint64_t lines = 0;        // that end in LF
  std::uint64_t whole_bytes = 0;  // of them, decompressed
  std::uint64_t cut_bytes = 0;    // after the last LF
  Duration elapsed{0};            // up to the end of the last ping
  bool is_compressed = false;
  bool is_archive_cut = false;

  // True if nothing is missing: an interrupted run is whole, its trailer says "interrupted".
  [[nodiscard]] bool is_whole() const { return trailer && cut_bytes == 0 && !is_archive_cut; }
};

// Reads the file from end to end. Throws RunFileError, with line and column, where it is more than
// cut.
[[nodiscard]] Inspection inspect_run(const std::filesystem::path& file);

// Writes the whole lines of `file` to `output` and, if they have no trailer, one with the status
// "repaired", so that every table calls the run partial. The output is on the disk afterwards.
void write_repaired(const std::filesystem::path& file, const Inspection& inspection,
                    OutputFile& output);

}  // namespace tcpstep
