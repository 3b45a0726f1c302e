// The speed of the parts that touch no network: reader, statistics and penalty table, sweep plan,
// payload source.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "lib/protocol/frame.h"
#include "lib/protocol/negotiation.h"
#include "lib/report/penalty_table.h"
#include "lib/runfile/run_reader.h"
#include "lib/stats/statistic.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {
namespace {

std::vector<PayloadSize> default_sizes() {
  std::vector<PayloadSize> sizes;
  for (std::uint32_t bytes = 1; bytes <= 9901; bytes += 100) {
    sizes.emplace_back(bytes);
  }
  return sizes;
}

// A complete run of the default sizes, with RTTs that look like a LAN's.
std::string run_of(std::int64_t rounds) {
  std::string text =
      fmt::format("# format: {}\n# link: bench\n# mss_bytes: 1448\n{}\n", kRunFormat, kRunColumns);
  // Four columns with numbers; those between them and the status are empty.
  const std::string columns(kRunColumns);
  const auto commas = std::count(columns.begin(), columns.end(), ',');
  const std::string blanks(static_cast<std::size_t>(commas) - 3, ',');
  const std::vector<PayloadSize> sizes = default_sizes();
  std::uint64_t noise = 1;
  for (std::int64_t round = 1; round <= rounds; ++round) {
    for (const PayloadSize size : sizes) {
      noise = noise * 6364136223846793005ULL + 1442695040888963407ULL;
      fmt::format_to(std::back_inserter(text), "{},{},{},{}{}ok\n", round, size.bytes(),
                     round * 10'000'000, 34'000'000 + size.bytes() * 80 + (noise >> 48U), blanks);
    }
  }
  fmt::format_to(std::back_inserter(text),
                 "# end: status=complete samples={} lost=0 elapsed_ns=1\n",
                 rounds * static_cast<std::int64_t>(sizes.size()));
  return text;
}

RunReader reader_of(const std::string& text) {
  return {ByteSource(std::make_unique<std::istringstream>(text)), "bench.csv"};
}

void read_result_file(benchmark::State& state) {
  const std::string text = run_of(state.range(0));
  std::int64_t rows = 0;
  for (auto _ : state) {
    RunReader reader = reader_of(text);
    while (reader.next()) {
      ++rows;
    }
  }
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(read_result_file)->Arg(20)->Arg(10'000)->Unit(benchmark::kMillisecond);

void collect_sort_and_tabulate(benchmark::State& state) {
  const std::string text = run_of(state.range(0));
  for (auto _ : state) {
    RunReader reader = reader_of(text);
    RunCollection runs;
    runs.add(read_run(reader, "bench.csv", RttClock::Application));
    benchmark::DoNotOptimize(penalty_table(runs.links()[0], Statistic::minimum()));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 100);
}
BENCHMARK(collect_sort_and_tabulate)->Arg(20)->Arg(10'000)->Unit(benchmark::kMillisecond);

void tabulate(benchmark::State& state, const char* statistic) {
  RunReader reader = reader_of(run_of(1000));
  RunCollection runs;
  runs.add(read_run(reader, "bench.csv", RttClock::Application));
  const LinkRuns& link = runs.links()[0];
  for (auto _ : state) {
    benchmark::DoNotOptimize(penalty_table(link, *Statistic::parse(statistic)));
  }
}
BENCHMARK_CAPTURE(tabulate, min, "min");
BENCHMARK_CAPTURE(tabulate, median, "median");
BENCHMARK_CAPTURE(tabulate, mean, "mean");

void make_shuffled_round(benchmark::State& state) {
  SweepPlan plan(default_sizes(), {.rounds = 1'000'000, .order = Order::Shuffled});
  std::uint32_t index = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(plan.round(index++ % 1'000'000));
  }
}
BENCHMARK(make_shuffled_round);

void next_payload(benchmark::State& state) {
  const PayloadSize size(static_cast<std::uint32_t>(state.range(0)));
  PayloadSource payloads(PayloadSize(9901), Fill::Random, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(payloads.next(size));
  }
}
BENCHMARK(next_payload)->Arg(1)->Arg(9901);

void fill_payload_source(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(PayloadSource(PayloadSize(9901), Fill::Random, 1));
  }
}
BENCHMARK(fill_payload_source)->Unit(benchmark::kMicrosecond);

// What a stranger makes the server's loop do before it is refused or admitted.
void read_largest_request(benchmark::State& state, const char* repeated, const char* head,
                          const char* tail) {
  const Hello hello{.tool = "bench", .nonce = std::string(64, 'a'), .limits = {}};
  std::string json = head;
  for (int i = 10; json.size() + 16 < kLargestRequest; ++i) {
    json += fmt::format(fmt::runtime(repeated), i);
  }
  const std::string frame = encode_frame(json + tail);
  for (auto _ : state) {
    ServerNegotiation server(hello, nullptr);
    benchmark::DoNotOptimize(server.add(std::as_bytes(std::span(&kFrameMark, 1))));
    benchmark::DoNotOptimize(server.add(std::as_bytes(std::span(frame))));
  }
}
constexpr const char* kSizes = "{\"type\":\"request\",\"protocol\":1,\"sizes\":\"1";
BENCHMARK_CAPTURE(read_largest_request, each_size, ",{}", kSizes, "\"}")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(read_largest_request, long_ranges, ",{}:50000:1", kSizes, "\"}")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(read_largest_request, short_ranges, ",{}:500:5", kSizes, "\"}")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(read_largest_request, largest_range, ",", kSizes, "1:1000001:20\"}")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(read_largest_request, unknown_keys, "\"{}\":0,",
                  "{{\"type\":\"request\",\"protocol\":1,", "\"z\":0}")
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tcpstep

BENCHMARK_MAIN();
