#include "lib/report/export.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lib/base/text.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;

// Names of links were checked when they arrived; these are the characters that could do harm.
std::string label_value(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string labels(const PenaltyTable& table) {
  return fmt::format(R"(link="{}"{})", label_value(table.link),
                     table.mss ? fmt::format(R"(,mss_bytes="{}")", table.mss->bytes()) : "");
}

std::string of_class(const PenaltyTable& table, const SegmentClass& row) {
  return fmt::format(R"({},statistic="{}",segments="{}")", labels(table), table.statistic.name(),
                     row.segments);
}

// Exact: a double of 9 digits before the point has room for nanoseconds behind it.
std::string seconds(Duration duration) {
  return fmt::format("{:.9f}", static_cast<double>(duration.count()) / 1e9);
}

std::string class_name(const PenaltyTable& table, const SegmentClass& row) {
  return fmt::format(
      "{}{}{}{}/{}", table.link, table.mss ? fmt::format(" MSS {}", table.mss->bytes()) : "",
      table.moved_runs > 0 ? " (MSS changed)" : "",
      find_warning(table.warnings, kSegmentsMerged) != nullptr ? " (packets merged)" : "",
      count_of(row.segments, "segment"));
}

// "veth: MSS 1448, ... ! Packets are merged on near ...: ...", all warnings with their remedies.
std::string summary_with_warnings(const PenaltyTable& table) {
  std::string text = summary_line(table);
  for (const Warning& warning : table.warnings) {
    text += fmt::format(" ! {} {}", warning.text, warning.remedy);
  }
  return text;
}

struct Count {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*of)(const PenaltyTable& table);
};

constexpr std::array<Count, 6> kCounts{{
    {"tcpstep_runs", "Result files pooled.", [](const auto& t) { return std::uint64_t{t.runs}; }},
    {"tcpstep_partial_runs", "Runs that did not complete.",
     [](const auto& t) { return std::uint64_t{t.partial_runs}; }},
    {"tcpstep_moved_runs", "Runs during which the MSS changed: their boundaries are uncertain.",
     [](const auto& t) { return std::uint64_t{t.moved_runs}; }},
    {"tcpstep_samples", "Counted pings.", [](const auto& t) { return t.samples; }},
    {"tcpstep_lost_pings", "Pings without an RTT.", [](const auto& t) { return t.lost; }},
    {"tcpstep_retransmitted_pings", "Pings with a retransmission, left out.",
     [](const auto& t) { return t.resent.total(); }},
}};

std::string family(std::string_view name, std::string_view help) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
}

}  // namespace

std::string export_openmetrics(std::span<const PenaltyTable> tables) {
  std::string text = family("tcpstep_rtt_seconds",
                            "RTT of payloads of that many segments: mean over their sizes of the "
                            "statistic.");
  for (const PenaltyTable& table : tables) {
    for (const SegmentClass& row : table.classes) {
      text += fmt::format("tcpstep_rtt_seconds{{{}}} {}\n", of_class(table, row),
                          seconds(row.penalty.rtt));
    }
  }
  text += family("tcpstep_penalty_ratio",
                 "Extra RTT over the smallest payload, as a share of its RTT.");
  for (const PenaltyTable& table : tables) {
    for (const SegmentClass& row : table.classes) {
      if (why_no_penalties(table).empty()) {
        text += fmt::format("tcpstep_penalty_ratio{{{}}} {:.6f}\n", of_class(table, row),
                            row.penalty.share);
      }
    }
  }
  for (const Count& count : kCounts) {
    text += family(count.name, count.help);
    for (const PenaltyTable& table : tables) {
      text += fmt::format("{}{{{}}} {}\n", count.name, labels(table), count.of(table));
    }
  }
  text += family("tcpstep_warning", "What may have spoiled the runs, and what to do about it.");
  for (const PenaltyTable& table : tables) {
    for (const Warning& warning : table.warnings) {
      text += fmt::format("tcpstep_warning{{{},warning=\"{}\",remedy=\"{}\"}} 1\n", labels(table),
                          label_value(warning.key), label_value(warning.remedy));
    }
  }
  return text + "# EOF\n";
}

std::string export_github_action_benchmark(std::span<const PenaltyTable> tables) {
  Json entries = Json::array();
  for (const PenaltyTable& table : tables) {
    for (const SegmentClass& row : table.classes) {
      entries.push_back({{"name", class_name(table, row)},
                         {"unit", "ns"},
                         {"value", row.penalty.rtt.count()},
                         {"extra", summary_with_warnings(table)}});
    }
  }
  return entries.dump(2) + '\n';
}

std::string export_bencher(std::span<const PenaltyTable> tables) {
  Json benchmarks = Json::object();
  for (const PenaltyTable& table : tables) {
    for (const SegmentClass& row : table.classes) {
      benchmarks[class_name(table, row)] = {{"latency", {{"value", row.penalty.rtt.count()}}}};
    }
  }
  return benchmarks.dump(2) + '\n';
}

std::string export_csv(std::span<const LinkRuns> links) {
  std::string text =
      "link,mss_bytes,size_bytes,segments,samples,min_ns,p25_ns,median_ns,mean_ns,p75_ns,p90_ns,"
      "p99_ns,max_ns,moved_runs,warnings\n";
  for (const LinkRuns& link : links) {
    const auto mss = link.key.mss;
    const std::string warnings = warning_keys(warnings_in_words(link));
    for (const auto& [size, samples] : link.series) {
      fmt::format_to(
          std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
          link.key.name(), mss ? fmt::format("{}", mss->bytes()) : "", size.bytes(),
          mss ? fmt::format("{}", segments_needed(size, *mss)) : "", samples.size(),
          samples.minimum().count(), samples.quantile(0.25).count(), samples.quantile(0.5).count(),
          samples.mean().count(), samples.quantile(0.75).count(), samples.quantile(0.9).count(),
          samples.quantile(0.99).count(), samples.maximum().count(), link.moved_runs, warnings);
    }
  }
  return text;
}

// Five lines for each halving of what is left to 100 %, as HistogramLogProcessor's default.
std::string export_hgrm(const SampleSketch& samples) {
  constexpr int kLinesPerHalving = 5;
  const auto count = static_cast<double>(samples.size());
  const auto in_microseconds = [](Duration time) {
    return static_cast<double>(time.count()) / 1e3;
  };
  std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                 "TotalCount", "1/(1-Percentile)");
  double remaining = 1;
  for (int line = 0; remaining * count >= 0.5; ++line) {
    const double share = 1 - remaining;
    fmt::format_to(std::back_inserter(text), "{:12.3f} {:14.12f} {:10.0f} {:14.2f}\n",
                   in_microseconds(samples.quantile(share)), share,
                   std::max(1.0, std::round(share * count)), 1 / remaining);
    remaining -= std::pow(0.5, line / kLinesPerHalving + 1) / kLinesPerHalving;
  }
  return text + fmt::format(
                    "{:12.3f} {:14.12f} {:10.0f}\n#[Mean = {:.3f}]\n#[Max = {:.3f}, Total count = "
                    "{:.0f}]\n",
                    in_microseconds(samples.maximum()), 1.0, count, in_microseconds(samples.mean()),
                    in_microseconds(samples.maximum()), count);
}

}  // namespace tcpstep
