// Damages archives of result files at random and reads them: none may give a number that is not in
// the whole file, unless it is refused, or said to be cut.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <map>
#include <random>
#include <span>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/runfile/run.h"

namespace {

using namespace tcpstep;

using Bytes = std::string;

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : generator_(seed) {}

  Bytes flip_one_bit(Bytes bytes) {
    bytes[below(bytes.size())] ^= static_cast<char>(1U << below(8));
    return bytes;
  }

  // One to four of: flips, other bytes, a piece lost, doubled, moved in, and the end cut off.
  Bytes mutate(Bytes bytes, const Bytes& other) {
    for (std::size_t times = 1 + below(4); times > 0 && bytes.size() > 16; --times) {
      const std::size_t at = below(bytes.size());
      const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - at, 300));
      switch (below(6)) {
        case 0:
          bytes = flip_one_bit(bytes);
          break;
        case 1:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 2:
          bytes.erase(at, length);
          break;
        case 3:
          bytes.insert(at, bytes.substr(at, length));
          break;
        case 4:
          bytes.insert(at, other.substr(below(other.size()), length));
          break;
        default:
          bytes.resize(at + 1);
      }
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(generator_);
  }
  std::mt19937_64 generator_;
};

enum class Outcome { Refused, Cut, Same, Wrong };
constexpr const char* kNames[] = {"refused", "cut, and said so", "read, the same", "READ, WRONG"};

// The smallest RTT of each size, and how many there are.
std::map<PayloadSize, std::pair<Duration, std::uint64_t>> numbers_of(const Run& run) {
  std::map<PayloadSize, std::pair<Duration, std::uint64_t>> numbers;
  for (const PayloadSize size : run.sizes()) {
    const SampleSketch& rtts = run.series.at(size).rtts;
    numbers[size] = {rtts.minimum(), rtts.size()};
  }
  return numbers;
}

Outcome read(const Bytes& bytes, const Run& truth) {
  const Fd file(check_syscall(::memfd_create("archive", MFD_CLOEXEC), "memfd_create"));
  write_all(file, bytes, "archive");
  try {
    const Run run = read_run(fmt::format("/proc/self/fd/{}", file.get()), RttClock::Application);
    if (run.is_unverified) {
      return Outcome::Cut;
    }
    return numbers_of(run) == numbers_of(truth) && run.status() == truth.status() ? Outcome::Same
                                                                                  : Outcome::Wrong;
  } catch (const WorldError&) {
    return Outcome::Refused;
  }
}

int check(std::span<char*> arguments) {
  std::uint64_t count = 0;
  const std::string_view text(arguments[0]);
  std::from_chars(text.data(), text.data() + text.size(), count);
  const Run truth = read_run(arguments[1], RttClock::Application);
  int status = EXIT_SUCCESS;
  for (char* const name : arguments.subspan(2)) {
    const Bytes whole = read_file(name);
    if (read(whole, truth) != Outcome::Same) {
      fmt::print(stderr, "{} is not an archive of {}\n", name, arguments[1]);
      return EXIT_FAILURE;
    }
    for (const bool is_one_bit : {true, false}) {
      Damage damage(1);
      std::map<Outcome, std::uint64_t> outcomes;
      for (std::uint64_t i = 0; i < count; ++i) {
        const Bytes damaged = is_one_bit ? damage.flip_one_bit(whole) : damage.mutate(whole, whole);
        ++outcomes[damaged == whole ? Outcome::Same : read(damaged, truth)];
      }
      fmt::print("{}, {}:", name, is_one_bit ? "one bit flipped" : "mutated");
      for (const auto& [outcome, times] : outcomes) {
        fmt::print("  {} {}", kNames[static_cast<int>(outcome)], times);
      }
      fmt::print("\n");
      status = outcomes.contains(Outcome::Wrong) ? EXIT_FAILURE : status;
    }
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: damaged_archives COUNT RUN.csv ARCHIVE-OF-IT...\n");
    return 2;
  }
  try {
    return check({argv + 1, static_cast<std::size_t>(argc - 1)});
  } catch (const std::exception& error) {
    fmt::print(stderr, "damaged_archives: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
