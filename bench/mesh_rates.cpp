// How often `history` of a whole mesh and `matrix` name a host or a path that is as it was, and how
// often they name the one that is slow, on made-up meshes: scripts/error-rates.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/run_model.h"
#include "lib/compare/history.h"
#include "lib/compare/render_history.h"
#include "lib/report/matrix.h"

namespace tcpstep {
namespace {

constexpr std::size_t kRuns = 60;
constexpr std::size_t kFirstChanged = 40;
constexpr double kAlpha = 0.01;

std::string host(std::size_t number) {
  return fmt::format("n{}", number + 1);
}

// What is slower than it should be: all paths of n3, and that from n1 to n2.
struct Slow {
  const char* words;
  double host = 1;
  double path = 1;

  [[nodiscard]] bool is_of_host(std::size_t from, std::size_t to) const {
    return host > 1 && (from == 2 || to == 2);
  }
  [[nodiscard]] bool is_of_path(std::size_t from, std::size_t to) const {
    return path > 1 && from == 0 && to == 1;
  }
};

// --- history ---

std::vector<Run> runs_of_pair(Generator& generator, const std::string& link, double factor) {
  std::vector<Run> runs = make_series(generator, kRuns, std::chrono::hours(1), [&](std::size_t i) {
    return i < kFirstChanged ? 1 : factor;
  });
  for (Run& run : runs) {
    run.key.link = link;
  }
  return runs;
}

struct MeshCounts {
  int unchanged = 0;    // pairs
  int false_pairs = 0;  // of them: called slower
  bool is_host_named = false;
  bool is_path_named = false;
  bool is_other_named = false;
};

MeshCounts one_mesh(const Noise& noise, std::size_t hosts, const Slow& slow, std::uint64_t seed) {
  MeshCounts counts;
  std::vector<History> histories;
  const std::size_t pairs = hosts * (hosts - 1);
  for (std::size_t from = 0; from < hosts; ++from) {
    for (std::size_t to = 0; to < hosts; ++to) {
      if (from == to) {
        continue;
      }
      Generator generator(noise, seed * 100'000 + from * hosts + to);
      const bool is_of_host = slow.is_of_host(from, to);
      const bool is_of_path = slow.is_of_path(from, to);
      const std::vector<Run> runs =
          runs_of_pair(generator, host(from) + "_" + host(to),
                       (is_of_host ? slow.host : 1) * (is_of_path ? slow.path : 1));
      const auto read = [&](const TakeRun& take) {
        for (const Run& run : runs) {
          take(run)();
        }
      };
      histories.push_back(read_series(read, {}).front().search_among(pairs, kAlpha));
      if (!is_of_host && !is_of_path) {
        ++counts.unchanged;
        counts.false_pairs += histories.back().trend == Trend::Slower ? 1 : 0;
      }
    }
  }
  for (const std::string& line : slower_in_mesh(histories)) {
    const bool is_host = line.starts_with("host n3:");
    const bool is_path = line.starts_with("path n1 → n2:");
    counts.is_host_named = counts.is_host_named || is_host;
    counts.is_path_named = counts.is_path_named || is_path;
    counts.is_other_named =
        counts.is_other_named || !((is_host && slow.host > 1) || (is_path && slow.path > 1));
  }
  return counts;
}

void print_histories(int meshes, std::span<const Slow> all_slow) {
  constexpr std::size_t kHosts = 12;
  fmt::print(
      "\n| noise | slower from run 41 of 60 on | meshes of 12 hosts | unchanged pairs | of them "
      "called "
      "slower | host named | path named | meshes with another one named |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n");
  for (const Noise& noise : kNoises) {
    for (const Slow& slow : all_slow) {
      std::vector<MeshCounts> all(static_cast<std::size_t>(meshes));
      in_parallel(meshes, [&](int number) {
        all[static_cast<std::size_t>(number)] =
            one_mesh(noise, kHosts, slow, static_cast<std::uint64_t>(number));
      });
      int unchanged = 0;
      int false_pairs = 0;
      for (const MeshCounts& one : all) {
        unchanged += one.unchanged;
        false_pairs += one.false_pairs;
      }
      const auto named = [&](bool MeshCounts::*is, double factor) {
        return factor > 1 ? fmt::format("{}", std::ranges::count(all, true, is)) : std::string();
      };
      fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", noise.name, slow.words, meshes,
                 unchanged, false_pairs, named(&MeshCounts::is_host_named, slow.host),
                 named(&MeshCounts::is_path_named, slow.path),
                 std::ranges::count(all, true, &MeshCounts::is_other_named));
      std::fflush(stdout);
    }
  }
}

// --- matrix ---

struct TableCounts {
  bool is_host_found = false;
  bool is_path_found = false;
  bool is_other_host = false;
  bool is_other_path = false;
};

// The fastest of kRounds pings of the smallest size on each path; a path is as long both ways.
TableCounts one_table(const Noise& noise, std::size_t hosts, double spread, const Slow& slow,
                      std::uint64_t seed) {
  constexpr double kRtt = 200'000;  // ns
  Generator generator(noise, seed);
  const std::vector<double> offsets = generator.run_offsets(hosts * hosts);
  const std::vector<double> excess = generator.excesses(hosts * hosts * kRounds);
  std::mt19937_64 random(seed + 77);
  boost::random::normal_distribution<double> normal;
  MatrixRuns runs;
  for (std::size_t a = 0; a < hosts; ++a) {
    for (std::size_t b = a + 1; b < hosts; ++b) {
      const double length = std::exp(spread * normal(random));
      for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        const std::size_t number = from * hosts + to;
        const double factor =
            (slow.is_of_host(from, to) ? slow.host : 1) * (slow.is_of_path(a, b) ? slow.path : 1);
        const auto pings = std::span(excess).subspan(number * kRounds, kRounds);
        const double fastest = *std::ranges::min_element(pings);
        Run run;
        run.header.add("mesh_from", host(from));
        run.header.add("mesh_to", host(to));
        run.identity = std::to_string(number);
        run.key.mss = Mss(kMss);
        run.series[PayloadSize(1)].rtts.add(Duration(
            std::llround(kRtt * length * factor * std::exp(offsets[number]) * (1 + fastest))));
        runs.add(run);
      }
    }
  }
  const Matrix matrix = runs.matrix({});
  TableCounts counts;
  for (const auto& found : matrix.findings.hosts) {
    (slow.host > 1 && found.host == 2 ? counts.is_host_found : counts.is_other_host) = true;
  }
  for (const auto& found : matrix.findings.paths) {
    const bool is_it = slow.is_of_path(std::min(found.a, found.b), std::max(found.a, found.b));
    (is_it ? counts.is_path_found : counts.is_other_path) = true;
  }
  return counts;
}

void print_matrices(int tables, std::span<const Slow> all_slow) {
  fmt::print(
      "\n| noise | hosts | paths differ by | slow | tables | found | tables that name another host "
      "| "
      "another path |\n|---|---:|---:|---|---:|---:|---:|---:|\n");
  for (const Noise& noise : kNoises) {
    for (const std::size_t hosts : {5U, 20U, 100U}) {
      for (const double spread : {0.0, 0.02}) {
        for (const Slow& slow : all_slow) {
          std::vector<TableCounts> all(static_cast<std::size_t>(tables));
          in_parallel(tables, [&](int number) {
            all[static_cast<std::size_t>(number)] =
                one_table(noise, hosts, spread, slow, static_cast<std::uint64_t>(number));
          });
          const auto count = [&](bool TableCounts::*is) {
            return std::ranges::count(all, true, is);
          };
          fmt::print("| {} | {} | {:.0f} % | {} | {} | {} | {} | {} |\n", noise.name, hosts,
                     100 * spread, slow.words, tables,
                     slow.host > 1   ? fmt::format("{}", count(&TableCounts::is_host_found))
                     : slow.path > 1 ? fmt::format("{}", count(&TableCounts::is_path_found))
                                     : std::string(),
                     count(&TableCounts::is_other_host), count(&TableCounts::is_other_path));
          std::fflush(stdout);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  using tcpstep::Slow;
  const int count = argc > 1 ? std::atoi(argv[1]) : 400;
  if (count < 1) {
    fmt::print(stderr, "usage: mesh_rates [TABLES OF EACH KIND (default 400) [history|matrix]]\n");
    return 2;
  }
  const std::string_view wanted = argc > 2 ? argv[2] : "";
  if (wanted != "matrix") {
    constexpr Slow kSlow[] = {{"nothing"}, {"host +5 %, path +10 %", 1.05, 1.1}};
    tcpstep::print_histories((count + 19) / 20, kSlow);
  }
  if (wanted != "history") {
    constexpr Slow kSlow[] = {{"nothing"}, {"host +15 %", 1.15, 1}, {"path +25 %", 1, 1.25}};
    tcpstep::print_matrices(count, kSlow);
  }
}
