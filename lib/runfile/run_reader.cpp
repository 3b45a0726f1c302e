#include "lib/runfile/run_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "lib/base/parse.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::string_view kFirstBytes = "# format: tcpstep-result/";

constexpr std::size_t kSmallBuffer = std::size_t{64} * 1024;  // at first: it grows with the lines
// The sizes of one round, 1 GiB at most, are 46 000 numbers at most: 280 kB in the header.
constexpr std::size_t kLongestLine = std::size_t{512} * 1024;
constexpr std::uint64_t kLongestHeader = std::uint64_t{2048} * 1024;
constexpr std::uint64_t kMostHeaderLines = 1000;

// Columns of whole numbers that no table needs.
constexpr std::array<std::string_view, 5> kUnneeded{"send_stack_ns", "delivered", "cwnd_segments",
                                                    "srtt_us", "min_rtt_us"};

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Cuts the text before the next `separator` off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t length = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return taken;
}

}  // namespace

RunReader::RunReader(const std::filesystem::path& path, Scrutiny scrutiny)
    : RunReader(ByteSource(path), path.string(), scrutiny) {}

RunReader::RunReader(ByteSource source, std::string name, Scrutiny scrutiny)
    : source_(std::move(source)),
      name_(std::move(name)),
      scrutiny_(scrutiny),
      buffer_size_(kSmallBuffer),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_size_)) {
  read_header();
}

std::optional<Row> RunReader::next() {
  while (const auto line = next_line()) {
    if (line->starts_with("# end:")) {
      read_trailer(*line);
    } else if (trailer_) {
      fail("data after the trailer", *line, "Were two files joined? Analyze them separately.");
    } else if (!line->starts_with('#')) {
      return parse_row(*line);
    }
  }
  check_end();
  return std::nullopt;
}

// The next line without its LF; nothing at the end, whatever follows the last LF.
std::optional<std::string_view> RunReader::next_line() {
  for (;;) {
    const char* begin = buffer_.get() + begin_;
    const void* newline = std::memchr(begin, '\n', end_ - begin_);
    if (newline != nullptr) {
      line_ = {begin, static_cast<std::size_t>(static_cast<const char*>(newline) - begin)};
      begin_ += line_.size() + 1;
      offset_ += line_.size() + 1;
      ++line_number_;
      if (line_.ends_with('\r') && (line_number_ > 1 || line_.starts_with("# format: tcpstep"))) {
        fail("the line ends in CR LF", {},
             "The file was changed on its way here. Convert it back, for instance with dos2unix.");
      }
      if (scrutiny_ == Scrutiny::All) {
        check_text(line_);
      }
      return line_;
    }
    if (is_at_end_) {
      return std::nullopt;
    }
    if (end_ - begin_ > kLongestLine) {
      ++line_number_;
      fail(fmt::format("the line is longer than {} bytes", kLongestLine));
    }
    refill();
  }
}

void RunReader::refill() {
  end_ -= begin_;
  if (end_ == buffer_size_) {
    auto larger = std::make_unique_for_overwrite<char[]>(2 * buffer_size_);
    std::memcpy(larger.get(), buffer_.get() + begin_, end_);
    buffer_ = std::move(larger);
    buffer_size_ *= 2;
  } else {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_);
  }
  begin_ = 0;
  const std::size_t bytes = source_.read(std::span(buffer_.get(), buffer_size_).subspan(end_));
  end_ += bytes;
  is_at_end_ = bytes == 0;
}

std::size_t RunReader::read_rest(std::span<char> bytes) {
  const std::size_t buffered = std::min(end_ - begin_, bytes.size());
  if (buffered == 0) {
    return source_.read(bytes);
  }
  std::memcpy(bytes.data(), buffer_.get() + begin_, buffered);
  begin_ += buffered;
  return buffered;
}

void RunReader::finish(std::optional<std::string_view> trailer, std::uint64_t samples,
                       std::uint64_t lost) {
  samples_ = samples;
  lost_ = lost;
  if (trailer) {
    line_ = *trailer;
    read_trailer(line_);
  }
  check_end();
}

void RunReader::read_header() {
  const auto first = next_line();
  const std::string expected = fmt::format("# format: {}", kRunFormat);
  if (!first && end_ == 0) {
    if (source_.is_cut()) {
      throw RunFileError(fmt::format("{} is truncated before its first line", name_));
    }
    throw RunFileError(fmt::format("{} is empty", name_));
  }
  if (!first || *first != expected) {
    const bool is_ours = first && first->starts_with(kFirstBytes);
    throw RunFileError(
        fmt::format("{} is not a {} file: its first line is not '{}'", name_,
                    is_ours ? kRunFormat : "tcpstep result", expected),
        is_ours ? "It was written by another version: use that version's tcpstep-analyze." : "");
  }
  std::uint64_t bytes = 0;
  while (const auto line = next_line()) {
    if (!line->starts_with('#')) {
      read_columns(*line);
      return;
    }
    bytes += line->size();
    if (line_number_ > kMostHeaderLines || bytes > kLongestHeader) {
      fail(fmt::format("the header is longer than {} lines or {} bytes", kMostHeaderLines,
                       kLongestHeader));
    }
    read_fact(*line);
  }
  throw RunFileError(fmt::format("{} ends before the names of its columns", name_),
                     "It was cut off while its header was written: there is nothing to read.");
}

void RunReader::read_fact(std::string_view line) {
  std::string_view rest = line.substr(std::min<std::size_t>(2, line.size()));
  const std::string_view key = take_until(rest, ':');
  if (!is_key(key) || !rest.starts_with(' ')) {
    return;  // a remark
  }
  const std::string_view value = rest.substr(1);
  if (scrutiny_ == Scrutiny::All && header_safe(value) != value) {
    fail(fmt::format("{} has a quote, a comma or a '#'", key), value);
  }
  if (const auto known = header_.find(key)) {
    if (*known != header_safe(value)) {
      fail(
          fmt::format("{} is given twice: '{}' and '{}'", key, printable(*known), printable(value)),
          value, "A result file describes one run on one path.");
    }
    return;
  }
  if ((key == "link" || key == "label") && !is_valid_name(value)) {
    fail(fmt::format("invalid {} '{}': a name has {}", key, printable(value), kNameRule), value);
  }
  if (key == "mss_bytes") {
    parse_number(value, key, 1, PayloadSize::kLargest);
  }
  header_.add(key, value);
}

void RunReader::read_columns(std::string_view line) {
  const auto is_there = [&](Column column) {
    return std::ranges::find(columns_, column) != columns_.end();
  };
  std::string_view rest = line;
  do {
    const std::string_view name = take_until(rest, ',');
    const Column column = column_named(name);
    if (column != Column::Ignored && is_there(column)) {
      fail(fmt::format("duplicate column {}", name), name);
    }
    columns_.push_back(column);
    const bool is_ours = std::ranges::find(kUnneeded, name) != kUnneeded.end();
    unneeded_.emplace_back(scrutiny_ == Scrutiny::All && is_ours ? name : "");
  } while (!rest.empty());
  for (const Column column : {Column::Size, Column::Rtt}) {
    if (!is_there(column)) {
      fail(fmt::format("missing column {}; the line is '{}'", rule_of(column).name,
                       printable(line)));
    }
  }
}

Row RunReader::parse_row(std::string_view line) {
  Row row;
  bool is_ok = true;
  std::string_view rest = line;
  std::size_t count = 0;
  for (bool is_last = false; !is_last; ++count) {
    is_last = rest.find(',') == std::string_view::npos;
    const std::string_view field = take_until(rest, ',');
    if (count < columns_.size()) {
      parse_field(row, is_ok, columns_[count], field);
      if (!unneeded_[count].empty() && !field.empty()) {
        parse_number(field, unneeded_[count], 0, std::numeric_limits<std::uint64_t>::max());
      }
    }
  }
  if (count != columns_.size()) {
    fail(fmt::format("the line has {}, but the file has {}", count_of(count, "field"),
                     count_of(columns_.size(), "column")));
  }
  if (!is_ok) {
    row.rtt.reset();
  } else if (!row.rtt) {
    fail("rtt_ns is empty, but the status is ok", line);
  }
  if (row.round > 0) {
    ++(row.rtt ? samples_ : lost_);
  }
  return row;
}

void RunReader::parse_field(Row& row, bool& is_ok, Column column, std::string_view field) {
  if (column == Column::Ignored) {
    return;
  }
  const ColumnRule& rule = rule_of(column);
  if (column == Column::Status) {
    is_ok = field == "ok";
    if (field.empty()) {
      fail("status is empty", line_);
    }
  } else if (!field.empty() || !rule.may_be_empty) {
    set_field(row, column, parse_number(field, rule.name, rule.smallest, rule.largest));
  }
}

std::uint64_t RunReader::parse_number(std::string_view field, std::string_view name,
                                      std::uint64_t smallest, std::uint64_t largest) const {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  const bool is_whole = end == field.data() + field.size() && !field.empty();
  if (!is_whole || error == std::errc::invalid_argument) {
    fail(fmt::format("{} is '{}', not a whole number", name, printable(field)), field);
  }
  if (error == std::errc::result_out_of_range || number < smallest || number > largest) {
    fail(fmt::format("{} is {}, not {} to {}", name, printable(field), smallest, largest), field);
  }
  return number;
}

void RunReader::read_trailer(std::string_view line) {
  if (trailer_) {
    fail("second trailer", line, "Were two files joined? Analyze them separately.");
  }
  trailer_.emplace();
  std::string_view rest = line.substr(std::string_view("# end:").size());
  while (!rest.empty()) {
    const std::string_view pair = take_until(rest, ' ');
    std::string_view value = pair;
    const std::string_view key = take_until(value, '=');
    if (key == "status") {
      trailer_->status = printable(value);
    } else if (key == "samples") {
      trailer_->samples = parse_number(value, key, 0, std::numeric_limits<std::uint64_t>::max());
    } else if (key == "lost") {
      trailer_->lost = parse_number(value, key, 0, std::numeric_limits<std::uint64_t>::max());
    } else if (key == "mss_bytes") {
      trailer_->changed_mss =
          Mss(static_cast<std::uint32_t>(parse_number(value, key, 1, PayloadSize::kLargest)));
    } else if (key == "elapsed_ns") {
      trailer_->elapsed =
          Duration(static_cast<Duration::rep>(parse_number(value, key, 0, kLongestSpan)));
    }
  }
}

void RunReader::check_text(std::string_view line) const {
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; };
  if (const auto found = std::ranges::find_if(line, is_control); found != line.end()) {
    fail(fmt::format("the control character 0x{:02x}", static_cast<unsigned>(*found)),
         line.substr(static_cast<std::size_t>(found - line.begin())));
  }
}

void RunReader::check_end() const {
  if (trailer_ && (trailer_->samples != samples_ || trailer_->lost != lost_)) {
    throw RunFileError(
        fmt::format("{}: the trailer states {} and {} lost, but the file has {} and {}", name_,
                    count_of(trailer_->samples, "sample"), trailer_->lost, samples_, lost_),
        "Lines were removed or added after the run.");
  }
}

void RunReader::fail(const std::string& what, std::string_view at, const std::string& hint) const {
  const bool is_inside = at.data() >= line_.data() && at.data() <= line_.data() + line_.size();
  const std::size_t column = at.data() != nullptr && is_inside
                                 ? static_cast<std::size_t>(at.data() - line_.data()) + 1
                                 : 1;
  throw RunFileError(fmt::format("{}:{}:{}: {}", name_, line_number_, column, what), hint);
}

bool begins_as_result(const std::filesystem::path& file) {
  std::array<char, kFirstBytes.size()> bytes{};
  std::size_t filled = 0;
  try {
    ByteSource source(file);
    while (const std::size_t got = source.read(std::span(bytes).subspan(filled))) {
      filled += got;
    }
  } catch (const WorldError&) {
    return true;
  } catch (const std::system_error&) {
    return true;
  }
  return std::string_view(bytes.data(), filled) == kFirstBytes;
}

}  // namespace tcpstep
