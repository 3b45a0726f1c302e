// tcpstep-analyze matrix: every pair of hosts in one table.
#include <fmt/format.h>

#include <string>
#include <system_error>

#include "analysis/commands.h"
#include "analysis/common_options.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/report/render_matrix.h"

namespace tcpstep {
namespace {

constexpr auto kMatrixFormats = std::to_array<Word<MatrixFormat>>({{"text", MatrixFormat::Text},
                                                                   {"csv", MatrixFormat::Csv},
                                                                   {"json", MatrixFormat::Json},
                                                                   {"html", MatrixFormat::Html}});

MatrixStatistic parse_statistic(std::string_view text) {
  using Kind = MatrixStatistic::Kind;
  constexpr std::string_view kRttOf = "rtt:";
  for (const auto& [word, kind] :
       {std::pair("rtt", Kind::Rtt), std::pair("fill", Kind::Fill),
        std::pair("second", Kind::Second), std::pair("fourth", Kind::Fourth)}) {
    if (text == word) {
      return {.kind = kind};
    }
  }
  if (text.starts_with(kRttOf)) {
    const auto bytes = parse_bytes(text.substr(kRttOf.size()), 1, PayloadSize::kLargest);
    return {.size = PayloadSize(static_cast<std::uint32_t>(bytes))};
  }
  throw UsageError(fmt::format("invalid statistic '{}'", printable(text)),
                   "Expected rtt, rtt:SIZE, fill, second or fourth.");
}

std::string render(const Matrix& matrix, MatrixFormat format) {
  switch (format) {
    case MatrixFormat::Text: {
      const Screen screen = screen_of_output();
      return shown_on(screen, render_text(matrix, screen));
    }
    case MatrixFormat::Csv:
      return render_csv(matrix);
    case MatrixFormat::Json:
      return render_json(matrix);
    case MatrixFormat::Html:
      return render_html(matrix);
  }
  return {};
}

void draw_heat_map(const Matrix& matrix, const std::filesystem::path& file) {
  if (file.has_parent_path()) {
    std::filesystem::create_directories(file.parent_path());
  }
  const std::string format = file.extension().string().substr(1);
  draw_script_file("matrix", gnuplot_heat_map(matrix, {&format, 1}), file);
}

}  // namespace

std::optional<MatrixOptions> parse_matrix_options(int argc, const char* const* argv) {
  CommandLine line(
      "tcpstep-analyze matrix [options] FILE...",
      "Prints a table of the paths between all pairs of hosts, and names slow hosts and "
      "slow paths. FILE may be the folder of tcpstep-mesh.",
      "Examples:\n  tcpstep-analyze matrix mesh --since 1h\n"
      "  tcpstep-analyze matrix -o mesh.png mesh\n"
      "  tcpstep-analyze matrix --statistic second --format html -o mesh.html mesh\n");
  line.positional("FILE", 1, kMostFiles);
  line.group("Matrix");
  line.value(
      "statistic", "NAME", "rtt",
      "of each path: rtt of the smallest size, rtt:SIZE; or the penalty: fill, second, fourth");
  line.value("format,f", "WORD",
             "of the matrix; html: a page with a heat map [text, or what --output ends in]");
  line.words("format", kMatrixFormats);
  line.value(
      "output,o", "PATH",
      "a file for the text (.csv, .json, .html); or also draw the heat map: a picture (.png, "
      ".svg, .pdf), or a folder");
  declare_filters(line);
  const auto values = line.parse(argc, argv);
  if (!values) {
    return std::nullopt;
  }
  return MatrixOptions{.runs = selection_of(*values),
                       .statistic = values->get("statistic", parse_statistic),
                       .format = text_format_of(*values, kMatrixFormats),
                       .output = outputs_of(*values, kMatrixFormats)};
}

LoadedMatrix load_matrix(const Selection& selection) {
  LoadedMatrix loaded;
  std::size_t without_hosts = 0;
  for_each_run(files_to_read(selection), RttClock::Application,
               [&](const std::filesystem::path& file, ReadRun outcome) {
                 const Run* run = std::get_if<Run>(&outcome);
                 if (run == nullptr) {
                   loaded.failures.push_back(std::get<std::string>(outcome));
                   return;
                 }
                 switch (loaded.runs.add(*run)) {
                   case MatrixRuns::Taken::Yes:
                     break;
                   case MatrixRuns::Taken::Repeated:
                     loaded.failures.push_back(
                         fmt::format("{} contains a run that is also in another file; "
                                     "counted once",
                                     visible(file.native())));
                     break;
                   case MatrixRuns::Taken::NoHosts:
                     ++without_hosts;
                     break;
                 }
               });
  if (without_hosts > 0) {
    loaded.failures.push_back(
        fmt::format("{} left out: no two hosts in the header", count_of(without_hosts, "run")));
  }
  return loaded;
}

int report_matrix(const MatrixOptions& options) {
  const LoadedMatrix loaded = load_matrix(options.runs);
  for (const std::string& failure : loaded.failures) {
    print_lines("tcpstep-analyze: " + failure);
  }
  const Matrix matrix = loaded.runs.matrix(options.statistic);
  if (matrix.cells.empty()) {
    throw WorldError("no run of two hosts", "Give the folder of tcpstep-mesh, or result files.");
  }
  output_text(options.output.text, render(matrix, options.format));
  if (const auto& pictures = options.output.pictures) {
    draw_heat_map(matrix, is_picture(*pictures) ? *pictures : *pictures / "matrix.png");
  }
  return loaded.failures.empty() ? kExitFine : kExitFailed;
}

}  // namespace tcpstep
