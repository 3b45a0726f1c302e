// Writes a complete result file of any length to standard output: rounds of the default hundred
// sizes in random order, filled as the server does without timestamps, RTTs like those of a veth
// pair.
//
// usage: make_rows ROUNDS > FILE
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "lib/runfile/run_header.h"

int main(int argc, char** argv) {
  const std::uint64_t rounds = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (rounds == 0) {
    std::fputs("usage: make_rows ROUNDS > FILE\n", stderr);
    return 2;
  }
  std::vector<std::uint32_t> sizes;
  for (std::uint32_t size = 1; size <= 9901; size += 100) {
    sizes.push_back(size);
  }
  std::mt19937_64 generator(1);
  std::exponential_distribution<double> noise(1.0 / 400);
  std::uint64_t start = 0;
  std::string text = fmt::format("# format: {}\n# link: bench\n# mss_bytes: 1448\n{}\n",
                                 tcpstep::kRunFormat, tcpstep::kRunColumns);
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    std::shuffle(sizes.begin(), sizes.end(), generator);
    for (const std::uint32_t size : sizes) {
      const std::uint32_t segments = (size + 1447) / 1448;
      const std::uint64_t rtt =
          5000 + segments * 900 + static_cast<std::uint64_t>(noise(generator));
      fmt::format_to(std::back_inserter(text), "{},{},{},{},,,{},0,{},10,33,1,,0,ok\n", round, size,
                     start, rtt, segments, segments);
      start += rtt + 3000;
    }
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
      std::perror("make_rows");
      return 1;
    }
    text.clear();
  }
  fmt::print("# end: status=complete samples={} lost=0 elapsed_ns={}\n", rounds * sizes.size(),
             start);
}
