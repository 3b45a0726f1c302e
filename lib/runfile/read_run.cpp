// Reading a run: in blocks, by several threads if the file is large; line by line where a file has
// anything unusual in it.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/side_by_side.h"
#include "lib/base/units.h"
#include "lib/runfile/row_scanner.h"
#include "lib/runfile/run.h"

namespace tcpstep {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;     // stays in the cache of a core
constexpr std::uint64_t kLargePart = std::uint64_t{1} << 20U;  // worth a thread of its own

// No round has more, so that no run has more sizes than fit into memory.
class RoundBytes {
 public:
  // False if this size, which was not there before, is too much.
  [[nodiscard]] bool add(PayloadSize size) {
    bytes_ += size.bytes();
    return bytes_ <= kLargestRoundBytes;
  }

 private:
  std::uint64_t bytes_ = 0;
};

// What the rows of a run, or of a part of it, add up to.
class Tally {
 public:
  explicit Tally(RttClock clock) : clock_(clock) {}

  [[gnu::always_inline]] void add(const Row& row) {
    if (row.round == 0) {
      return;
    }
    ++(row.rtt ? samples_ : lost_);
    const std::uint32_t bytes = row.size.bytes();
    SizeSeries* series = bytes < places_.size() ? places_[bytes] : nullptr;
    if (series == nullptr) [[unlikely]] {
      series = find(row.size);
      if (series == nullptr) {
        return;
      }
    }
    series->add(row, clock_);
  }

  // False: more sizes than a run has.
  [[nodiscard]] bool has_room() const { return has_room_; }

  void move_to(std::map<PayloadSize, SizeSeries>& all) {
    if (all.empty()) {
      all = std::move(series_);
      return;
    }
    for (auto& [size, series] : series_) {
      const auto [known, is_new] = all.try_emplace(size, std::move(series));
      if (!is_new) {
        known->second.merge(series);
      }
    }
  }

  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  static constexpr std::uint32_t kTabled = 16 * 1024;  // sizes below are found at once

  // Null: more sizes than a run has.
  [[gnu::noinline]] SizeSeries* find(PayloadSize size) {
    auto found = series_.find(size);
    if (found == series_.end()) {
      has_room_ = has_room_ && round_.add(size);
      if (!has_room_) {
        return nullptr;
      }
      found = series_.try_emplace(size).first;
    }
    const std::uint32_t bytes = size.bytes();
    if (bytes < kTabled) {
      if (bytes >= places_.size()) {
        places_.resize(std::bit_ceil(bytes + 1));
      }
      places_[bytes] = &found->second;
    }
    return &found->second;
  }

  RttClock clock_;
  std::uint64_t samples_ = 0;  // as the trailer counts them
  std::uint64_t lost_ = 0;
  RoundBytes round_;
  bool has_room_ = true;
  std::map<PayloadSize, SizeSeries> series_;
  std::vector<SizeSeries*> places_;  // where the smaller sizes are in `series_`
};

// The lines of one part of a file, as one thread sees them.
struct Part {
  explicit Part(RttClock clock) : tally(clock) {}

  // Scans whole lines until `read` returns 0. What follows the last LF is ignored: it may be cut.
  template <class Read>
  void scan(const RowScanner& scanner, Read read) {
    const auto memory = std::make_unique_for_overwrite<char[]>(kBlockSize + RowScanner::kPadding);
    std::size_t kept = 0;  // bytes of a line that goes on
    while (const std::size_t got = read(std::span(memory.get(), kBlockSize).subspan(kept))) {
      const std::size_t bytes = kept + got;
      std::memset(memory.get() + bytes, 0, RowScanner::kPadding);
      const void* newline = ::memrchr(memory.get(), '\n', bytes);
      if (newline == nullptr) {
        kept = bytes;
        if (kept == kBlockSize) {
          is_ordinary = false;
          return;
        }
        continue;
      }
      const auto whole =
          static_cast<std::size_t>(static_cast<const char*>(newline) - memory.get()) + 1;
      const ScannedBlock block = scanner.scan(std::string_view(memory.get(), whole),
                                              [&](const Row& row) { tally.add(row); });
      if (!block.is_ordinary || trailer || !tally.has_room()) {
        is_ordinary = false;
        return;
      }
      trailer = block.trailer;
      kept = bytes - whole;
      std::memmove(memory.get(), memory.get() + whole, kept);
    }
  }

  Tally tally;
  bool is_ordinary = true;
  std::optional<std::string> trailer;
};

// Where parts of about equal size begin in a plain file, each with a whole line, and where the last
// one ends. Empty if there is a line that is too long for this way of reading.
std::vector<std::uint64_t> split(int file, std::uint64_t begin, unsigned parts) {
  struct stat status {};
  check_syscall(::fstat(file, &status), "read a result file");
  const auto end = static_cast<std::uint64_t>(status.st_size);
  std::vector<std::uint64_t> places{begin};
  const std::uint64_t length = end > begin ? end - begin : 0;
  const auto count =
      std::min<std::uint64_t>(parts, std::max<std::uint64_t>(length / kLargePart, 1));
  for (std::uint64_t i = 1; i < count; ++i) {
    const std::uint64_t middle = begin + length / count * i;
    std::array<char, std::size_t{16} * 1024> bytes{};
    const ssize_t got =
        check_syscall(::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(middle)),
                      "read a result file");
    const void* newline = std::memchr(bytes.data(), '\n', static_cast<std::size_t>(got));
    if (newline == nullptr) {
      return {};
    }
    places.push_back(middle + 1 +
                     static_cast<std::uint64_t>(static_cast<const char*>(newline) - bytes.data()));
  }
  places.push_back(end);
  return places;
}

// Scans the bytes from `begin` to `end` of a plain file.
void scan_range(Part& part, const RowScanner& scanner, int file, std::uint64_t begin,
                std::uint64_t end) {
  part.scan(scanner, [&](std::span<char> memory) -> std::size_t {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(memory.size(), end - begin));
    const auto got = static_cast<std::size_t>(check_syscall(
        ::pread(file, memory.data(), wanted, static_cast<off_t>(begin)), "read a result file"));
    begin += got;
    part.is_ordinary = part.is_ordinary && (got > 0 || wanted == 0);  // it became shorter
    return got;
  });
}

// All parts, in the order of the file.
std::vector<Part> scan_parts(RunReader& reader, RttClock clock, unsigned threads) {
  const RowScanner scanner(reader.columns());
  const auto places = threads > 1 && reader.plain_file() >= 0
                          ? split(reader.plain_file(), reader.offset(), threads)
                          : std::vector<std::uint64_t>();
  std::vector<Part> parts;
  if (places.size() < 3) {
    parts.emplace_back(clock).scan(
        scanner, [&](std::span<char> memory) { return reader.read_rest(memory); });
    return parts;
  }
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    parts.emplace_back(clock);
  }
  side_by_side(parts.size(), parts.size(), [&](std::size_t i) {
    scan_range(parts[i], scanner, reader.plain_file(), places[i], places[i + 1]);
  });
  return parts;
}

Run begin_run(const RunReader& reader, std::string name, RttClock clock) {
  Run run;
  run.name = std::move(name);
  run.header = reader.header();
  run.clock = clock;
  return run;
}

}  // namespace

Run read_run(RunReader& reader, std::string name, RttClock clock) {
  Run run = begin_run(reader, std::move(name), clock);
  RoundBytes round;
  while (const auto row = reader.next()) {
    if (row->round == 0) {
      continue;
    }
    const auto [series, is_new] = run.series.try_emplace(row->size);
    if (is_new && !round.add(row->size)) {
      throw RunFileError(fmt::format("{}:{}: more payload sizes than a round of 1 GiB has",
                                     run.name, reader.lines()),
                         "Were several runs joined? Analyze them separately.");
    }
    series->second.add(*row, clock);
  }
  run.trailer = reader.trailer();
  run.is_unverified = reader.is_archive_cut();
  run.describe();
  return run;
}

std::optional<Run> scan_run(RunReader& reader, std::string name, RttClock clock, unsigned threads) {
  Run run = begin_run(reader, std::move(name), clock);
  std::vector<Part> parts = scan_parts(reader, clock, threads);
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;
  for (const Part& part : parts) {
    if (!part.is_ordinary || (part.trailer && &part != &parts.back())) {
      return std::nullopt;
    }
    samples += part.tally.samples();
    lost += part.tally.lost();
  }
  try {
    reader.finish(parts.back().trailer, samples, lost);
  } catch (const RunFileError&) {
    return std::nullopt;
  }
  for (Part& part : parts) {
    part.tally.move_to(run.series);
  }
  RoundBytes round;
  if (!std::ranges::all_of(run.series, [&](const auto& one) { return round.add(one.first); })) {
    return std::nullopt;
  }
  run.trailer = reader.trailer();
  run.is_unverified = reader.is_archive_cut();
  run.describe();
  return run;
}

Run read_run(const std::filesystem::path& file, RttClock clock, unsigned threads) {
  RunReader reader(file);
  if (file == kStandardInput || !std::filesystem::is_regular_file(file)) {  // read it only once
    return read_run(reader, file.string(), clock);
  }
  if (auto scanned = scan_run(reader, file.string(), clock, threads)) {
    return std::move(*scanned);
  }
  RunReader again(file);
  return read_run(again, file.string(), clock);
}

}  // namespace tcpstep
