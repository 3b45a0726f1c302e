// Reads one result file (docs/result_format.md) line by line, in constant memory. Most callers want
// read_run() in lib/runfile/run.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/units.h"
#include "lib/runfile/byte_source.h"
#include "lib/runfile/row.h"
#include "lib/runfile/run_header.h"

namespace tcpstep {

// A file that is not what it should be: "run.csv:17:9: rtt_ns is 'abc', not a whole number".
class RunFileError : public WorldError {
 public:
  using WorldError::WorldError;
};

// What a reader looks at: what tables need, or all that docs/result_format.md calls an error.
enum class Scrutiny : std::uint8_t { Needed, All };

class RunReader {
 public:
  // Reads up to and including the names of the columns. Throws RunFileError if this is not a
  // result file of a version we know, std::system_error if it cannot be read at all.
  explicit RunReader(const std::filesystem::path& path, Scrutiny scrutiny = Scrutiny::Needed);
  // The same from any source; `name` is what errors call it.
  RunReader(ByteSource source, std::string name, Scrutiny scrutiny = Scrutiny::Needed);

  [[nodiscard]] const RunHeader& header() const { return header_; }

  // The next line of samples, or nothing at the end. A last line without its LF never counts: it
  // may be cut. Throws RunFileError at a line that cannot be right.
  std::optional<Row> next();

  // After next() returned nothing: the trailer, or nothing if the run is partial.
  [[nodiscard]] const std::optional<RunTrailer>& trailer() const { return trailer_; }

  // After next() returned nothing: lines that end in LF, bytes after the last of them, and whether
  // a compressed file broke off.
  [[nodiscard]] std::uint64_t lines() const { return line_number_; }
  [[nodiscard]] std::uint64_t cut_bytes() const { return end_ - begin_; }
  [[nodiscard]] bool is_compressed() const { return source_.is_compressed(); }
  [[nodiscard]] bool is_archive_cut() const { return source_.is_cut(); }

  // For read_run(), which scans the rows in blocks instead of calling next(): the columns, the rest
  // of the bytes (0 at the end), where in a plain file they begin, its descriptor (-1 if the bytes
  // are not those of a regular file), and what the rows were, for the check of the trailer.
  [[nodiscard]] std::span<const Column> columns() const { return columns_; }
  std::size_t read_rest(std::span<char> bytes);
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] int plain_file() const { return source_.plain_file(); }
  void finish(std::optional<std::string_view> trailer, std::uint64_t samples, std::uint64_t lost);

 private:
  std::optional<std::string_view> next_line();
  void refill();
  void read_header();
  void read_fact(std::string_view line);
  void read_columns(std::string_view line);
  void read_trailer(std::string_view line);
  Row parse_row(std::string_view line);
  void parse_field(Row& row, bool& is_ok, Column column, std::string_view field);
  std::uint64_t parse_number(std::string_view field, std::string_view name, std::uint64_t smallest,
                             std::uint64_t largest) const;
  void check_text(std::string_view line) const;
  void check_end() const;
  [[noreturn]] void fail(const std::string& what, std::string_view at = {},
                         const std::string& hint = {}) const;

  ByteSource source_;
  std::string name_;
  Scrutiny scrutiny_;
  std::size_t buffer_size_;
  std::unique_ptr<char[]> buffer_;  // not zeroed: most files fill little of it
  std::size_t begin_ = 0;           // of the unread part of the buffer
  std::size_t end_ = 0;
  bool is_at_end_ = false;
  std::uint64_t line_number_ = 0;
  std::uint64_t offset_ = 0;  // of the line after the current one
  std::string_view line_;     // the current one, for the column of an error

  RunHeader header_;
  std::vector<Column> columns_;
  std::vector<std::string>
      unneeded_;  // with Scrutiny::All: names of columns of other numbers, or ""
  std::optional<RunTrailer> trailer_;
  std::uint64_t samples_ = 0;
  std::uint64_t lost_ = 0;
};

// True if the file begins as result files of any version do, or cannot be read: an error then says
// why, where it is read.
[[nodiscard]] bool begins_as_result(const std::filesystem::path& file);

}  // namespace tcpstep
