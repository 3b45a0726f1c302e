#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/escape.h"
#include "lib/base/text.h"
#include "lib/report/penalty_table.h"
#include "lib/report/render.h"

namespace tcpstep {
namespace {

constexpr std::size_t kLongestFact = 160;     // columns
constexpr std::size_t kRoomForLabels = 50;    // columns: on less, labels get a line of their own
constexpr std::size_t kSamplesForTail = 100;  // for a p99

// A fact of the header as text, safe and short; empty if it is absent.
std::string fact(const Run& run, std::string_view key) {
  const std::string_view value = run.header.find(key).value_or("");
  return value == "(none)" ? std::string()  // a host without a name
                           : cut_to(visible(value), kLongestFact);
}

std::string role_fact(const Run& run, std::string_view role, std::string_view key) {
  return fact(run, fmt::format("{}_{}", role, key));
}

// "MSS 1448" of "1448"; empty if it is not known.
std::string with(std::string_view before, const std::string& value, std::string_view after = {}) {
  return value.empty() ? value : fmt::format("{}{}{}", before, value, after);
}

std::string joined(std::vector<std::string> parts) {
  std::erase(parts, "");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string duration_fact(const Run& run, std::string_view key) {
  const std::string text = fact(run, key);
  Duration::rep ns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size()
             ? format_duration(Duration(ns))
             : text;
}

// "192.0.2.1:19901 (desk)", as far as it is known.
std::string host_text(const Run& run, std::string_view role) {
  const std::string address = role_fact(run, role, "addr");
  const std::string name = role_fact(run, role, "host");
  const std::string known = address.empty() ? name : address + with(" (", name, ")");
  return known.empty() ? std::string(role) : fmt::format("{} {}", role, known);
}

std::string hosts_text(const Run& run) {
  const std::string server = host_text(run, "server");
  const std::string client = host_text(run, "client");
  return fmt::format("{} → {}", run.key.is_up ? client : server, run.key.is_up ? server : client);
}

std::string method_text(const Run& run) {
  const std::string measured_by = fact(run, "measured_by");
  return joined(
      {with("measured by the ", measured_by),
       run.key.is_fresh ? "a new connection for each ping" : "one connection for all pings",
       with("TCP over IPv", fact(run, "ip_version")),
       with("", fact(run, "protocol"), " protocol")});
}

std::string start_text(const Run& run) {
  std::string when = fact(run, "started_utc");
  if (run.is_virtual()) {
    when = "virtual time";
  } else if (run.started) {
    when = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                       std::chrono::time_point_cast<std::chrono::seconds>(*run.started));
  }
  return joined({when, run.trailer && run.trailer->elapsed > Duration(0)
                           ? "took " + format_duration(run.trailer->elapsed)
                           : ""});
}

std::string sweep_text(const Run& run) {
  const std::string asked = fact(run, "rounds");
  std::string rounds = count_of(run.rounds(), "round");
  if (!asked.empty() && asked != fmt::format("{}", run.rounds())) {
    rounds += " of " + asked;
  }
  return joined({fmt::format("{} × {}{}", rounds, count_of(run.series.size(), "size"),
                             with(" (", cut_to(fact(run, "sizes_bytes"), 40), " bytes)")),
                 fact(run, "order"), with("seed ", fact(run, "seed")),
                 with("warm-up rounds: ", fact(run, "warmup_rounds"))});
}

std::string pings_text(const Run& run) {
  std::uint64_t samples = 0;
  for (const auto& [size, series] : run.series) {
    samples += series.rtts.size();
  }
  return joined(
      {count_of(samples, "sample"), fmt::format("{} lost", run.lost()), run.resent().text()});
}

std::string segments_text(const Run& run) {
  return joined({run.key.mss ? fmt::format("MSS {}", run.key.mss->bytes()) : "MSS unknown",
                 run.has_moved ? "it changed during the run" : "",
                 with("path MTU ", fact(run, "path_mtu_bytes")),
                 with("initial window ", fact(run, "initial_cwnd_segments"), " segments"),
                 fact(run, "tcp_options")});
}

std::string system_text(const Run& run, std::string_view role) {
  const std::string processors = role_fact(run, role, "processors");
  return joined({role_fact(run, role, "host"), role_fact(run, role, "os"),
                 with("", role_fact(run, role, "cpu"), with(" × ", processors)),
                 role_fact(run, role, "virtualization"), role_fact(run, role, "tool")});
}

std::string interface_text(const Run& run) {
  return joined({with("", fact(run, "interface"), with(" (", fact(run, "interface_driver"), ")")),
                 fact(run, "interface_speed"), fact(run, "interface_offloads"),
                 fact(run, "interface_coalescing"), fact(run, "interface_qdisc")});
}

std::string clock_text(const Run& run) {
  return joined({with("", fact(run, "clock"), with(" (", fact(run, "clocksource"), ")")),
                 with("", duration_fact(run, "clock_reading_ns"), " a reading"),
                 with("a sleeping thread wakes up after ", duration_fact(run, "wakeup_median_ns"),
                      with(", p99 ", duration_fact(run, "wakeup_p99_ns")))});
}

std::string unchecked_text(const Run& run) {
  std::string text;
  for (const std::string_view role : {"client", "server"}) {
    if (const std::string keys = fact(run, fmt::format("claimed_by_{}", role)); !keys.empty()) {
      text += fmt::format("{}reported by the {}: {}", text.empty() ? "" : ", ", role, keys);
    }
  }
  return text;
}

std::string fact_lines(const Run& run, const Screen& screen) {
  const std::pair<std::string_view, std::string> lines[]{
      {"link", visible(run.key.link) + with(", label ", fact(run, "label"))},
      {"path", hosts_text(run)},
      {"method", method_text(run)},
      {"started", start_text(run)},
      {"sweep", sweep_text(run)},
      {"pings", pings_text(run)},
      {"segments", segments_text(run)},
      {"server", system_text(run, "server")},
      {"client", system_text(run, "client")},
      {"interface", interface_text(run)},
      {"load", joined({fact(run, "load"), with("governor ", fact(run, "governor"))})},
      {"clock", clock_text(run)},
      {"tool", fact(run, "tool")},
      {"run id", fact(run, "run_id")},
      {"launch", with("comparison ", fact(run, "ab_id"), with(", block ", fact(run, "ab_block")))},
      {"unchecked", unchecked_text(run)}};
  std::string text;
  for (const auto& [label, value] : lines) {
    if (value.empty()) {
      continue;
    }
    text +=
        screen.columns < kRoomForLabels
            ? fmt::format("{}\n", label) + wrapped(value, screen.columns, "  ", "  ")
            : wrapped(value, screen.columns, fmt::format("{:<11}", label), std::string(11, ' '));
  }
  return text;
}

std::string settings_table(const Run& run, const Screen& screen) {
  constexpr std::string_view kAsked = "requested_";
  constexpr std::string_view kGranted = "effective_";
  ScreenColumn names{.title = "setting"};
  ScreenColumn asked{.title = "asked"};
  ScreenColumn granted{.title = "in use"};
  const auto add = [&](std::string name, std::string wanted, std::string got) {
    std::ranges::replace(name, '_', ' ');
    name = name == "timestamps" ? "kernel timestamps" : name;  // not the TCP option
    names.cells.push_back(std::move(name));
    asked.cells.push_back(wanted.empty() ? "–" : std::move(wanted));
    granted.cells.push_back(got.empty() ? "–" : std::move(got));
  };
  const auto cell = [&](std::string_view prefix, std::string_view name) {
    return cut_to(fact(run, fmt::format("{}{}", prefix, name)), 12);
  };
  for (const auto& [key, value] : run.header.facts()) {
    const std::string_view name = std::string_view(key).substr(std::min(key.size(), kAsked.size()));
    if (key.starts_with(kAsked)) {
      add(cut_to(name, 20), cell(kAsked, name), cell(kGranted, name));
    } else if (key.starts_with(kGranted) && !run.header.find(fmt::format("{}{}", kAsked, name))) {
      add(cut_to(name, 20), "", cell(kGranted, name));
    }
  }
  if (const std::string wait = cell("", "wait"); !wait.empty()) {
    add("wait", wait, wait);
  }
  return names.cells.empty() ? std::string()
                             : '\n' + screen_table({names, asked, granted}, screen.columns);
}

// From the fastest to the slowest ping of the smallest size.
std::string ping_table(const Run& run, const PenaltyTable& table, const Screen& screen) {
  const auto first =
      std::ranges::find_if(run.series, [](const auto& one) { return !one.second.rtts.empty(); });
  if (first == run.series.end()) {
    return '\n' + wrapped(why_no_penalties(table), screen.columns);
  }
  const SampleSketch& rtts = first->second.rtts;
  const auto column = [](std::string title, unsigned gives_way, std::string cell) {
    return ScreenColumn{
        .title = std::move(title), .gives_way = gives_way, .cells = {std::move(cell)}};
  };
  return '\n' +
         screen_table(
             {column("RTT of", 0, count_of(first->first.bytes(), "byte")),
              column("fastest", 0, format_duration(rtts.minimum())),
              column("25 %", 3, format_duration(rtts.quantile(0.25))),
              column("median", 0, format_duration(rtts.quantile(0.5))),
              column("75 %", 4, format_duration(rtts.quantile(0.75))),
              column("p99", 2,
                     rtts.size() < kSamplesForTail ? "–" : format_duration(rtts.quantile(0.99))),
              column("slowest", 1, format_duration(rtts.maximum()))},
             screen.columns);
}

// As a word of a shell's command line.
std::string quoted(const std::string& name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._+-,:@").find(c) != std::string_view::npos;
  });
  return is_plain ? name : "FILE";
}

// A command that does not fit names no file: half of one would do something else.
std::string next_commands(const Run& run, const Screen& screen) {
  std::vector<std::string> commands{"tcpstep report"};
  if (!run.series.empty()) {
    commands.emplace_back("tcpstep plot -o closeup.png");
  }
  if (!run.trailer) {
    commands.emplace_back("tcpstep repair");
  }
  std::string text = "\nnext\n";
  for (const std::string& command : commands) {
    const std::string line = fmt::format("  {} {}", command, quoted(run.name));
    text += columns_of(line) <= screen.columns ? line + '\n' : fmt::format("  {} FILE\n", command);
  }
  return text;
}

}  // namespace

std::string run_text(const Run& run, const Screen& screen) {
  RunCollection runs;
  runs.add(run);
  const std::string state = run.is_complete()
                                ? std::string("complete")
                                : fmt::format("partial ({})", visible(run.why_partial()));
  const PenaltyTable table = penalty_table(runs.links().front(), Statistic::minimum());
  const std::string notes = notes_text(table, screen);
  return wrapped(fmt::format("{}: {}", visible(run.name), state), screen.columns) + '\n' +
         fact_lines(run, screen) + settings_table(run, screen) + ping_table(run, table, screen) +
         (notes.empty() ? notes : '\n' + notes) + next_commands(run, screen);
}

}  // namespace tcpstep
