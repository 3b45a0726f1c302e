#include "server/results_folder.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace tcpstep {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kShareOfTime = 20;

}  // namespace

ResultsFolder::ResultsFolder(fs::path path, std::uint64_t most_bytes, std::uint64_t free_bytes)
    : path_(std::move(path)), most_bytes_(most_bytes), free_bytes_(free_bytes) {}

std::optional<std::string> ResultsFolder::why_full() {
  if (path_.empty()) {
    return std::nullopt;
  }
  std::error_code error;
  const fs::space_info space = fs::space(path_, error);
  if (!error && space.available < free_bytes_) {
    return fmt::format("the server's disk has {} bytes left, and keeps {} free (--min-free)",
                       space.available, free_bytes_);
  }
  if ((has_changed_ || bytes_ >= most_bytes_) && Clock::now() >= next_measurement_) {
    measure();
  }
  if (bytes_ >= most_bytes_) {
    return fmt::format("the server's results take {} bytes, the limit is {} (--max-results)",
                       bytes_, most_bytes_);
  }
  return std::nullopt;
}

void ResultsFolder::measure() {
  const auto start = Clock::now();
  bytes_ = 0;
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code file_error;  // one that has just gone takes nothing
    if (entry->is_regular_file(file_error)) {
      const std::uintmax_t size = entry->file_size(file_error);
      bytes_ += file_error ? 0 : size;
    }
  }
  has_changed_ = false;
  const auto end = Clock::now();
  next_measurement_ = end + kShareOfTime * (end - start);
}

}  // namespace tcpstep
