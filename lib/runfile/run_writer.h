// Writes one result file (docs/result_format.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/runfile/output_file.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

// Creates `directory`/<UTC>_<link>[_<label>].csv under a name that was not there before.
[[nodiscard]] OutputFile create_run_file(const std::filesystem::path& directory,
                                         std::string_view link, std::string_view label);

// Writes the text of a result file of another host. Throws std::system_error if not all of it can
// be written; the whole rounds that fit are.
void write_copy(OutputFile& file, std::string_view text);

class RunWriter {
 public:
  // Writes the header and the names of the columns: kRunColumns, kBrowserRunColumns or
  // kOldRunColumns.
  RunWriter(OutputFile file, const RunHeader& header, std::string_view columns = kRunColumns);

  // Appends samples, whole rounds, with one write(2) of whole lines. Not for the timed part.
  // Throws std::system_error if not all of them can be written; the rounds that fit are.
  void append(std::span<const Sample> samples);

  // Completes the column peer_retransmits of all rows from `first_row` on, counted from 0, once it
  // is known: 0 in those that `resent` does not list. Its pings are row numbers, ascending. The
  // file is replaced atomically; if that fails, std::system_error is thrown and it stays as it is.
  void set_peer_retransmits(std::uint64_t first_row, std::span<const ResentAck> resent);

  // Writes the trailer: `status` is kComplete or what ended the run early,
  // `changed_mss` one that counted samples had besides the header's, `more` further facts, each
  // " key=value".
  const RunTrailer& finish(std::string_view status, Duration elapsed,
                           std::optional<Mss> changed_mss = std::nullopt,
                           std::string_view more = {});

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

 private:
  void write(std::span<const Sample> samples);
  void complete_rows(OutputFile& completed, std::uint64_t first_row,
                     std::span<const ResentAck> resent);

  OutputFile file_;
  std::string_view columns_;
  std::string lines_;  // reused
  RunTrailer trailer_;
};

}  // namespace tcpstep
