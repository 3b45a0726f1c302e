#include "client/outcome.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/cli/stop_signals.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResult = "result.csv";

void check_excess(const AckedPayloads& acked, const std::string& after) {
  switch (acked.excess) {
    case Excess::None:
      return;
    case Excess::PayloadBytes:
      throw WorldError("the server sent a payload larger than any size of this run," + after);
    case Excess::Payloads:
      throw WorldError("the server sent more payloads than this run has," + after);
    case Excess::Bytes:
      throw WorldError(
          fmt::format("--max-bytes was reached after {},{}", count_of(acked.bytes, "byte"), after));
    case Excess::Time:
      throw WorldError("--max-time was reached" + after);
  }
}

RunCollection runs_of(const std::string& result) {
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(result)), "the result");
  RunCollection runs;
  runs.add(read_run(reader, "the result", RttClock::Application));
  return runs;
}

// tcpstep-analyze has gnuplot draw it; a host without either still has all the rest.
void draw_closeup(const std::vector<fs::path>& files, const fs::path& picture) {
  Command command{sibling_program("tcpstep-analyze", "analysis"), "plot", "--output", picture};
  command.insert(command.end(), files.begin(), files.end());
  const Child child = Child::start(command, [] {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
  });
  if (child.wait() != 0) {
    print_message(fmt::format("tcpstep-client: cannot draw {}", picture.string()));
  }
}

// Fills a run without samples with what this end saw of it.
PenaltyTable table_of_seen(LinkRuns& link, const SeenRun& seen) {
  const std::string place = penalty_table(link, Statistic::minimum()).samples_elsewhere;
  link.series = seen.times;
  link.key.mss = seen.mss;
  for (const auto& [size, times] : seen.times) {
    link.most_rounds = std::max(link.most_rounds, static_cast<std::uint32_t>(times.size()));
  }
  link.fewest_rounds = link.most_rounds;
  PenaltyTable table = penalty_table(link, Statistic::minimum());
  table.warnings.insert(table.warnings.begin(),
                        warning_now("seen_from_here", {{"samples_elsewhere", place}}));
  return table;
}

void save_all(const fs::path& folder) {
  RunCollection runs;
  std::map<std::string, std::vector<fs::path>> files;  // by link
  for (std::uint64_t i = 1; fs::exists(saved_run(folder, i)); ++i) {
    const Run run = read_run(saved_run(folder, i), RttClock::Application);
    files[run.key.name()].push_back(saved_run(folder, i));
    runs.add(run);
  }
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : runs.links()) {
    tables.push_back(penalty_table(link, Statistic::minimum()));
  }
  replace_file(folder / "table.md", render_markdown(tables));
  replace_file(folder / "report.html", render_html(runs.links(), tables));
  for (const LinkRuns& link : runs.links()) {
    const std::string name = link.key.name();
    const std::string suffix = files.size() == 1 ? "" : "-" + name;
    if (link.samples() == 0) {
      continue;
    }
    for (const char* format : {"png", "svg"}) {
      draw_closeup(files[name], folder / fmt::format("closeup{}.{}", suffix, format));
    }
  }
}

}  // namespace

ResultOutput::ResultOutput(const std::filesystem::path& path) : path_(path) {
  if (path == "-") {
    temporary_.emplace();
    file_.emplace(temporary_->path() / kResult);
  } else if (is_wanted() && !std::filesystem::is_directory(path)) {
    static_cast<void>(OutputFile(path));  // removed: it stays empty
  }
}

OutputFile ResultOutput::open(const SweepSpec& sweep) {
  if (file_) {
    return std::move(*file_);
  }
  return std::filesystem::is_directory(path_) ? create_run_file(path_, sweep.link, sweep.label)
                                              : OutputFile(path_);
}

void ResultOutput::publish() const {
  if (temporary_) {
    print_data(read_file(temporary_->path() / kResult));
  }
}

void ResultOutput::print(const std::string& text) const {
  if (temporary_) {
    print_lines(text.substr(0, text.find_last_not_of('\n') + 1));
  } else {
    print_data(text);
  }
}

void prepare_folder(const fs::path& folder) {
  fs::create_directories(folder);
  if (fs::exists(saved_run(folder, 1))) {
    throw UsageError(fmt::format("--save: {} already contains a run", printable(folder.string())),
                     "Name another folder: nothing is overwritten.");
  }
}

fs::path saved_run(const fs::path& folder, std::uint64_t number) {
  return folder / (number == 1 ? std::string("run.csv") : fmt::format("run-{}.csv", number));
}

void present(const ClientOptions& options, const ResultOutput& output, const std::string& result,
             const std::optional<SeenRun>& seen) {
  const RunCollection runs = runs_of(result);
  LinkRuns link = runs.links().front();
  std::array tables{penalty_table(link, Statistic::minimum())};
  const Screen screen = screen_of_output();
  if (options.is_json) {
    output.print(render_json(tables));
  } else if (!options.is_quiet) {
    if (seen && !seen->times.empty()) {
      tables[0] = table_of_seen(link, *seen);
    }
    std::string text = render_text(tables, {.screen = screen});
    if (is_output_watched() && options.output != "-") {
      const std::string plot = terminal_plot(link, screen);
      text += plot.empty() ? plot : '\n' + plot;
    }
    output.print(shown_on(screen, text));
  }
  if (!options.save.empty()) {
    save_all(options.save);
    if (!options.is_quiet) {
      print_message(fmt::format("tcpstep-client: saved in {}", (options.save / "").string()));
    }
  }
}

std::string summary(const AckedPayloads& acked, Duration elapsed, const Address& server) {
  return fmt::format("{}, {} in {} from {}\n", count_of(acked.payloads, "payload"),
                     count_of(acked.bytes, "byte"), format_duration(elapsed), server.text());
}

void check_end(const AckedPayloads& acked, Duration timeout) {
  const std::string after = " after " + count_of(acked.payloads, "payload");
  switch (acked.end) {
    case PingStatus::Closed: {
      const std::string hint =
          acked.payloads > 0 ? "" : "If it is a tcpstep-server, see its messages.";
      if (acked.unfinished_bytes > 0) {
        throw WorldError(fmt::format("the server closed the connection in the middle of a payload, "
                                     "{} into it,{}",
                                     count_of(acked.unfinished_bytes, "byte"), after),
                         hint);
      }
      if (acked.payloads == 0) {
        throw WorldError("the server closed the connection before the first payload", hint);
      }
      return;
    }
    case PingStatus::Timeout:
      throw WorldError(
          fmt::format("no data from the server for {},{}", format_duration(timeout), after),
          acked.payloads == 0 ? "It may be measuring another client: wait longer with --timeout "
                                "10min. Or the host does not run tcpstep-server."
                              : "The path may be down. --timeout sets how long to wait.");
    case PingStatus::Reset:
      throw WorldError("the server reset the connection" + after);
    case PingStatus::Protocol:
      check_excess(acked, after);
      throw WorldError(
          "the server sent a sentinel inside a payload or did not wait for the ack," + after,
          "It does not speak tcpstep's protocol: see docs/protocol.md.");
    case PingStatus::Interrupted:
      StopSignals::die_if_received();
      check_excess(acked, after);
      [[fallthrough]];
    default:
      throw WorldError("the connection failed" + after);
  }
}

}  // namespace tcpstep
