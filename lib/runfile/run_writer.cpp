#include "lib/runfile/run_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLargestPart = std::size_t{1} << 20U;

// Between two pings: what is short here leaves more of the caches to the next one.
template <std::integral Number>
void append_field(std::string& line, Number value) {
  const fmt::format_int digits(value);
  line.append(digits.data(), digits.size());
  line += ',';
}

void append_field(std::string& line, const std::optional<std::uint32_t>& value) {
  if (value) {
    append_field(line, *value);
  } else {
    line += ',';
  }
}

void append_field(std::string& line, const std::optional<Duration>& value) {
  if (value) {
    append_field(line, value->count());
  } else {
    line += ',';
  }
}

void append_row(std::string& lines, const Sample& sample, std::string_view columns) {
  append_field(lines, sample.round);
  append_field(lines, sample.size.bytes());
  append_field(lines, sample.start.count());
  const PingEvidence& evidence = sample.evidence;
  append_field(lines, sample.status == PingStatus::Ok ? std::optional(sample.rtt) : std::nullopt);
  append_field(lines, evidence.kernel_rtt);
  append_field(lines, evidence.send_stack);
  append_field(lines, evidence.segments);
  append_field(lines, evidence.retransmits);
  append_field(lines, evidence.delivered);
  append_field(lines, evidence.cwnd_segments);
  append_field(lines, evidence.srtt_us);
  append_field(lines, evidence.min_rtt_us);
  if (columns != kOldRunColumns) {
    lines += ',';  // set_peer_retransmits()
    append_field(lines, evidence.doubtful);
  }
  if (columns == kBrowserRunColumns) {
    append_field(lines, evidence.tcp_ack);
  }
  lines += to_word(sample.status);
  lines += '\n';
}

}  // namespace

OutputFile create_run_file(const std::filesystem::path& directory, std::string_view link,
                           std::string_view label) {
  const std::string stem = fmt::format("{:%Y%m%dT%H%M%SZ}_{}{}{}", fmt::gmtime(std::time(nullptr)),
                                       link, label.empty() ? "" : "_", label);
  for (int attempt = 1;; ++attempt) {
    const std::string suffix = attempt == 1 ? "" : fmt::format("-{}", attempt);
    try {
      return OutputFile(directory / (stem + suffix + ".csv"));
    } catch (const std::system_error& error) {
      if (error.code().value() != EEXIST || attempt == 1000) {
        throw;
      }
    }
  }
}

void write_copy(OutputFile& file, std::string_view text) {
  try {
    file.append(text);
    return;
  } catch (const std::system_error&) {
    // Some of the rounds may still fit. The first that does not throws the same again.
  }
  const auto round_of = [](std::string_view line) { return line.substr(0, line.find(',')); };
  const auto first_line = [](std::string_view lines) {
    return lines.substr(0, std::min(lines.find('\n'), lines.size() - 1) + 1);
  };
  while (!text.empty()) {
    std::size_t end = first_line(text).size();
    while (end < text.size() && round_of(first_line(text.substr(end))) == round_of(text)) {
      end += first_line(text.substr(end)).size();
    }
    file.append(text.substr(0, end));
    text.remove_prefix(end);
  }
}

RunWriter::RunWriter(OutputFile file, const RunHeader& header, std::string_view columns)
    : file_(std::move(file)), columns_(columns) {
  std::string lines = fmt::format("# format: {}\n", kRunFormat);
  for (const auto& [key, value] : header.facts()) {
    fmt::format_to(std::back_inserter(lines), "# {}: {}\n", key, value);
  }
  lines += columns;
  lines += '\n';
  file_.append(lines);
}

void RunWriter::append(std::span<const Sample> samples) {
  try {
    write(samples);
  } catch (const std::system_error&) {
    // Some of the rounds may still fit. The first that does not throws the same again.
    for (auto left = samples; !left.empty();) {
      const auto is_of_another = [&](const Sample& s) { return s.round != left.front().round; };
      const auto end = std::find_if(left.begin(), left.end(), is_of_another);
      write(std::span(left.begin(), end));
      left = std::span(end, left.end());
    }
  }
}

void RunWriter::write(std::span<const Sample> samples) {
  lines_.clear();
  RunTrailer trailer = trailer_;
  for (const Sample& sample : samples) {
    append_row(lines_, sample, columns_);
    if (sample.round > 0) {
      ++(sample.status == PingStatus::Ok ? trailer.samples : trailer.lost);
    }
  }
  file_.append(lines_);
  trailer_ = std::move(trailer);
}

void RunWriter::set_peer_retransmits(std::uint64_t first_row, std::span<const ResentAck> resent) {
  const std::filesystem::path& path = file_.path();
  const auto draft = path.parent_path() / fmt::format(".{}.unfinished", path.filename().string());
  std::filesystem::remove(draft);  // of a run that was killed
  OutputFile completed(draft);
  try {
    complete_rows(completed, first_row, resent);
    file_.replace_with(std::move(completed));
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(draft, ignored);
    throw;
  }
}

void RunWriter::complete_rows(OutputFile& completed, std::uint64_t first_row,
                              std::span<const ResentAck> resent) {
  std::ifstream rows(file_.path());
  std::string line;
  std::uint64_t row = 0;
  bool is_row = false;
  lines_.clear();
  while (std::getline(rows, line)) {
    if (is_row && row++ >= first_row) {
      std::uint32_t times = 0;
      if (!resent.empty() && resent.front().ping == row - 1) {
        times = resent.front().times;
        resent = resent.subspan(1);
      }
      // The empty field before the last two.
      line.insert(line.rfind(',', line.rfind(',') - 1), std::to_string(times));
    }
    is_row = is_row || line == kRunColumns;
    lines_ += line;
    lines_ += '\n';
    if (lines_.size() >= kLargestPart) {
      completed.append(lines_);
      lines_.clear();
    }
  }
  if (!rows.eof()) {
    throw_system_error(errno, "read " + file_.path().string());
  }
  completed.append(lines_);
}

const RunTrailer& RunWriter::finish(std::string_view status, Duration elapsed,
                                    std::optional<Mss> changed_mss, std::string_view more) {
  trailer_.status = status;
  trailer_.elapsed = elapsed;
  trailer_.changed_mss = changed_mss;
  file_.append(fmt::format("# end: status={} samples={} lost={} elapsed_ns={}{}{}\n", status,
                           trailer_.samples, trailer_.lost, elapsed.count(),
                           changed_mss ? fmt::format(" mss_bytes={}", changed_mss->bytes()) : "",
                           more));
  file_.sync();
  return trailer_;
}

}  // namespace tcpstep
