// The bare minimum of a reader: mmap, std::from_chars, one vector of RTTs per size, then minimum,
// median and 99th percentile of each. It knows where the columns are, checks nothing, names no
// error and trusts the file; what tcpstep-analyze report is compared with (docs/performance.md).
//
// usage: bare_reader FILE THREADS
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kMostSizes = 16384;
using Series = std::vector<std::vector<std::uint64_t>>;

const char* skip(const char* at, int fields) {
  for (; fields > 0; --fields) {
    at = static_cast<const char*>(std::memchr(at, ',', 64)) + 1;
  }
  return at;
}

// round,size_bytes,start_ns,rtt_ns,kernel_rtt_ns,send_stack_ns,segments,retransmits,…,status
void read_rows(const char* at, const char* end, bool keeps_all, Series& series) {
  while (at < end && *at != '#') {
    std::uint32_t round = 0;
    std::uint32_t size = 0;
    std::uint64_t rtt = 0;
    std::uint32_t retransmits = 0;
    at = std::from_chars(at, end, round).ptr + 1;
    at = std::from_chars(at, end, size).ptr + 1;
    at = std::from_chars(skip(at, 1), end, rtt).ptr + 1;
    at = std::from_chars(skip(at, 3), end, retransmits).ptr + 1;
    at = static_cast<const char*>(std::memchr(at, '\n', 256)) + 1;
    if (round > 0 && retransmits == 0 && at[-2] == 'k') {
      auto& rtts = series[size];
      if (keeps_all || rtts.empty()) {
        rtts.push_back(rtt);
      } else {
        rtts[0] = std::min(rtts[0], rtt);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int fd = argc == 4 ? ::open(argv[1], O_RDONLY) : -1;
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    std::fputs("usage: bare_reader FILE THREADS min|all\n", stderr);
    return 2;
  }
  const auto length = static_cast<std::size_t>(status.st_size);
  void* memory = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    return 1;
  }
  const std::string_view text(static_cast<const char*>(memory), length);
  std::size_t rows = 0;  // where they begin: behind the names of the columns
  while (text[rows] == '#') {
    rows = text.find('\n', rows) + 1;
  }
  rows = text.find('\n', rows) + 1;
  const bool keeps_all = std::string_view(argv[3]) == "all";
  const auto threads = static_cast<std::size_t>(std::atoi(argv[2]));
  std::vector<Series> parts(threads, Series(kMostSizes));
  {
    std::vector<std::jthread> helpers;
    std::size_t begin = rows;
    for (std::size_t i = 0; i < threads; ++i) {
      const std::size_t aim = rows + (length - rows) / threads * (i + 1);
      const std::size_t end = i + 1 == threads ? length : text.find('\n', aim) + 1;
      helpers.emplace_back([&, begin, end, i] {
        read_rows(text.data() + begin, text.data() + end, keeps_all, parts[i]);
      });
      begin = end;
    }
  }
  for (std::size_t size = 0; size < kMostSizes; ++size) {
    std::vector<std::uint64_t>& all = parts[0][size];
    for (std::size_t i = 1; i < threads; ++i) {
      all.insert(all.end(), parts[i][size].begin(), parts[i][size].end());
    }
    if (all.empty()) {
      continue;
    }
    const auto at = [&](double share) {
      const auto position =
          all.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
      std::nth_element(all.begin(), position, all.end());
      return *position;
    };
    const std::uint64_t median = at(0.5);
    const std::uint64_t p99 = at(0.99);
    std::printf("%zu %zu %llu %llu %llu\n", size, all.size(),
                static_cast<unsigned long long>(*std::min_element(all.begin(), all.end())),
                static_cast<unsigned long long>(median), static_cast<unsigned long long>(p99));
  }
}
