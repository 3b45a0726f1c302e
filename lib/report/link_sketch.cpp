#include "lib/report/link_sketch.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "lib/runfile/line_blocks.h"
#include "lib/runfile/row_scanner.h"
#include "lib/stats/estimators.h"

namespace tcpstep {
namespace {

constexpr std::size_t kBlockSize = std::size_t{256} * 1024;         // stays in the cache of a core
constexpr std::uintmax_t kLargeFile = std::uintmax_t{1024} * 1024;  // worth more than one thread

// The sketch of a size, found by open addressing: a map costs as much as the parsing of a row.
class SizeTable {
 public:
  [[gnu::always_inline]] SampleSketch& operator[](std::uint32_t size) {
    const Slot& first = slots_[slot_of(size)];
    return first.size == size ? *first.sketch : search(size);
  }

  void move_to(std::map<PayloadSize, SampleSketch>& series) {
    for (auto& [size, sketch] : sketches_) {
      const auto [known, is_new] = series.try_emplace(PayloadSize(size), std::move(sketch));
      if (!is_new) {
        known->second.merge(sketch);
      }
    }
  }

 private:
  struct Slot {
    std::uint32_t size = 0;  // 0: free, for no payload has that size
    SampleSketch* sketch = nullptr;
  };

  [[gnu::noinline]] SampleSketch& search(std::uint32_t size) {
    for (std::size_t slot = slot_of(size);; slot = (slot + 1) & (slots_.size() - 1)) {
      Slot& candidate = slots_[slot];
      if (candidate.size == size) {
        return *candidate.sketch;
      }
      if (candidate.size == 0) {
        if (sketches_.size() * 2 >= slots_.size()) {
          grow();
          return search(size);
        }
        candidate = {.size = size, .sketch = &sketches_.emplace_back(size, SampleSketch()).second};
        return *candidate.sketch;
      }
    }
  }

  // Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
  [[nodiscard]] std::size_t slot_of(std::uint32_t size) const {
    return (size * 2654435769U) >> (33 - std::bit_width(slots_.size()));
  }

  void grow() {
    slots_.assign(slots_.size() * 2, {});
    for (auto& [size, sketch] : sketches_) {
      std::size_t slot = slot_of(size);
      while (slots_[slot].size != 0) {
        slot = (slot + 1) & (slots_.size() - 1);
      }
      slots_[slot] = {.size = size, .sketch = &sketch};
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(256);
  std::deque<std::pair<std::uint32_t, SampleSketch>> sketches_;  // stay where they are
};

// What rows of a run add up to. Each thread has its own, in cache lines of its own.
struct alignas(64) Tally {
  SizeTable sizes;
  std::uint64_t samples = 0;  // as the trailer counts them
  std::uint64_t lost = 0;
  std::uint64_t retransmitted = 0;
  std::uint64_t unstamped = 0;

  void add(const ScannedRow& row, RttClock clock) {
    if (row.round == 0) {
      return;
    }
    if (row.rtt == 0) {
      ++lost;
      return;
    }
    ++samples;
    const std::uint64_t rtt = clock == RttClock::Kernel ? row.kernel_rtt : row.rtt;
    if (row.retransmits > 0) {
      ++retransmitted;
    } else if (rtt == 0) {
      ++unstamped;
    } else {
      sizes[row.size].add(Duration(static_cast<Duration::rep>(rtt)));
    }
  }

  void move_to(LinkSketch& run) {
    run.lost += lost;
    run.retransmitted += retransmitted;
    run.unstamped += unstamped;
    sizes.move_to(run.series);
  }
};

LinkSketch begin_sketch(const RunHeader& header, RttClock clock) {
  LinkSketch run{facts_of(header, clock), header.facts(), {}, {}, {}};
  std::istringstream words{std::string(header.find("warnings").value_or(""))};
  for (std::string word; words >> word;) {
    run.warnings.insert(word);
  }
  return run;
}

void end_sketch(LinkSketch& run, const std::optional<RunTrailer>& trailer) {
  count_run(run, trailer,
            run.series.empty() ? std::nullopt : std::optional(run.series.rbegin()->first));
  std::vector<SizeTime> endpoints;
  for (const auto& [size, sketch] : run.series) {
    if (sketch.size() >= 2) {
      endpoints.push_back(
          {.size = size, .ns = endpoint_estimate(sketch.minimum(), sketch.second_minimum())});
    }
  }
  add_fit(run, endpoints);
}

// Hands out blocks to several threads, and keeps what is known of the file as a whole.
class SharedReader {
 public:
  SharedReader(RunReader& run, RttClock clock, const std::filesystem::path& plain_file)
      : run_(run), clock_(clock) {
    if (!plain_file.empty()) {
      plain_.emplace(plain_file, run.offset(), kBlockSize);
    }
  }

  // Takes blocks until there are no more. Runs in every thread.
  void work(Tally& tally) {
    try {
      const std::unique_ptr<char[]> memory(new char[kBlockSize + RowScanner::kPadding]());
      const RowScanner scanner(run_.columns());
      while (const auto block = take({memory.get(), kBlockSize})) {
        put(*block,
            scanner.scan(block->lines, [&](const ScannedRow& row) { tally.add(row, clock_); }));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      is_over_ = true;
    }
  }

  // After all threads: true if every line was ordinary and the trailer is the last one.
  bool finish(std::uint64_t samples, std::uint64_t lost) {
    if (error_) {
      std::rethrow_exception(error_);
    }
    if (!is_ordinary_ || (trailer_ && trailer_block_ != last_block_)) {
      return false;
    }
    try {
      run_.finish(trailer_, samples, lost);
    } catch (const RunFileError&) {
      return false;
    }
    return true;
  }

 private:
  using Block = LineBlocks::Block;

  std::optional<Block> take(std::span<char> memory) {
    std::unique_lock lock(mutex_);
    if (is_over_) {
      return std::nullopt;
    }
    std::optional<Block> block;
    if (plain_) {
      lock.unlock();
      block = plain_->take(memory);
      lock.lock();
    } else if (const auto lines = run_.next_block(memory)) {
      block = {.number = last_block_ + 1, .lines = *lines};
    }
    is_ordinary_ = is_ordinary_ && block;
    if (!is_ordinary_ || block->lines.empty()) {
      is_over_ = true;
      return std::nullopt;
    }
    last_block_ = std::max(last_block_, block->number);
    return block;
  }

  void put(const Block& block, const ScannedBlock& scanned) {
    if (scanned.is_ordinary && !scanned.trailer) {
      return;
    }
    const std::lock_guard lock(mutex_);
    is_ordinary_ = is_ordinary_ && scanned.is_ordinary && !trailer_;
    if (scanned.trailer) {
      trailer_ = *scanned.trailer;
      trailer_block_ = block.number;
    }
  }

  std::mutex mutex_;
  RunReader& run_;
  RttClock clock_;
  std::optional<LineBlocks> plain_;
  bool is_over_ = false;
  bool is_ordinary_ = true;
  std::uint64_t last_block_ = 0;
  std::optional<std::string> trailer_;
  std::uint64_t trailer_block_ = 0;
  std::exception_ptr error_;
};

}  // namespace

std::uint64_t LinkSketch::samples() const {
  std::uint64_t count = 0;
  for (const auto& [size, sketch] : series) {
    count += sketch.size();
  }
  return count;
}

LinkSketch read_sketch_strictly(RunReader& run, RttClock clock) {
  LinkSketch result = begin_sketch(run.header(), clock);
  Tally tally;
  while (const auto row = run.next()) {
    const auto of = [](const std::optional<Duration>& time) {
      return static_cast<std::uint64_t>(time.value_or(Duration::zero()).count());
    };
    tally.add({.round = row->round,
               .size = row->size.bytes(),
               .rtt = of(row->rtt),
               .kernel_rtt = of(row->kernel_rtt),
               .retransmits = row->retransmits.value_or(0)},
              clock);
  }
  tally.move_to(result);
  end_sketch(result, run.trailer());
  return result;
}

std::optional<LinkSketch> scan_sketch(RunReader& run, RttClock clock, unsigned threads,
                                      const std::filesystem::path& plain_file) {
  LinkSketch result = begin_sketch(run.header(), clock);
  std::vector<Tally> tallies(std::max(threads, 1U));
  SharedReader shared(run, clock, plain_file);
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < tallies.size(); ++i) {
      helpers.emplace_back([&, i] { shared.work(tallies[i]); });
    }
    shared.work(tallies[0]);
  }
  std::uint64_t samples = 0;
  std::uint64_t lost = 0;
  for (const Tally& tally : tallies) {
    samples += tally.samples;
    lost += tally.lost;
  }
  if (!shared.finish(samples, lost)) {
    return std::nullopt;
  }
  for (Tally& tally : tallies) {
    tally.move_to(result);
  }
  end_sketch(result, run.trailer());
  return result;
}

LinkSketch read_sketch(const std::filesystem::path& file, RttClock clock, unsigned threads) {
  RunReader run(file);
  if (!std::filesystem::is_regular_file(file)) {  // a pipe cannot be read twice
    return read_sketch_strictly(run, clock);
  }
  const bool is_large = std::filesystem::file_size(file) >= kLargeFile;
  const bool is_plain = is_large && !is_compressed(file);
  if (auto scanned = scan_sketch(run, clock, is_large ? threads : 1, is_plain ? file : "")) {
    return std::move(*scanned);
  }
  RunReader again(file);
  return read_sketch_strictly(again, clock);
}

bool SketchCollection::add(LinkSketch run) {
  if (!run.identity.empty() && !known_runs_.insert(run.identity).second) {
    return false;
  }
  const auto same = std::ranges::find_if(
      links_, [&](const LinkSketch& known) { return is_same_link(known, run); });
  if (same == links_.end()) {
    links_.push_back(std::move(run));
    return true;
  }
  add_facts(*same, run);
  same->warnings.merge(run.warnings);
  const std::map<std::string_view, std::string_view> known(same->header.begin(),
                                                           same->header.end());
  for (const auto& [key, value] : run.header) {
    const auto mine = known.find(key);
    if (mine == known.end() || mine->second != value) {
      same->varying.insert(key);
    }
  }
  for (auto& [size, sketch] : run.series) {
    const auto [mine, is_new] = same->series.try_emplace(size, std::move(sketch));
    if (!is_new) {
      mine->second.merge(sketch);
    }
  }
  return true;
}

}  // namespace tcpstep
