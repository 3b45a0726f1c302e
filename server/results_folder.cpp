#include "server/results_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/fd.h"

namespace tcpstep {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kPausePerReading = 20;   // of a folder so large that reading it takes long
constexpr std::uint64_t kBlock = 512;  // of st_blocks, whatever the file system's own is

}  // namespace

std::optional<std::uint64_t> bytes_on_disk(const fs::path& file) {
  struct stat facts {};
  if (::lstat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return std::nullopt;
  }
  return std::max(static_cast<std::uint64_t>(facts.st_size),
                  static_cast<std::uint64_t>(facts.st_blocks) * kBlock);
}

ResultsFolder::ResultsFolder(fs::path path, std::uint64_t most_bytes, std::uint64_t free_bytes,
                             Duration between_readings)
    : path_(std::move(path)),
      most_bytes_(most_bytes),
      free_bytes_(free_bytes),
      between_readings_(between_readings) {
  fs::create_directories(path_);
  std::string probe = path_ / ".probe-XXXXXX";
  const Fd file(
      check_syscall(::mkostemp(probe.data(), O_CLOEXEC), "create a file in {}", path_.string()));
  ::unlink(probe.c_str());
  read();
}

std::optional<std::string> ResultsFolder::why_full() {
  std::error_code error;
  const fs::space_info space = fs::space(path_, error);
  if (!error && space.available < free_bytes_) {
    return fmt::format("the server's disk has {} bytes free, and {} must stay free (--min-free)",
                       space.available, free_bytes_);
  }
  if ((!is_known_ || bytes_ >= most_bytes_) && Clock::now() >= read_again_) {
    read();
  }
  if (bytes_ >= most_bytes_) {
    return fmt::format("the server's results take {} bytes, the limit is {} (--max-results)",
                       bytes_, most_bytes_);
  }
  return std::nullopt;
}

void ResultsFolder::note_run(std::optional<std::uint64_t> bytes) {
  bytes_ += bytes.value_or(0);
  is_known_ = is_known_ && bytes;
}

void ResultsFolder::read() {
  const auto begin = Clock::now();
  bytes_ = 0;
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    bytes_ += bytes_on_disk(entry->path()).value_or(0);  // one that has just gone takes nothing
  }
  is_known_ = true;
  const auto end = Clock::now();
  read_again_ = end + std::max<Duration>(between_readings_, kPausePerReading * (end - begin));
}

}  // namespace tcpstep
