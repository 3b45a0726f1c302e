#include "analysis/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <set>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "analysis/history_options.h"
#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/file.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/compare/render_history.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

namespace {

namespace fs = std::filesystem;

// Small files read by each thread before they are merged in order.
constexpr std::size_t kFilesPerThread = 8;
constexpr std::size_t kMostKeptSamples = 2'000'000;  // a thousand default runs, some 50 MB in all
constexpr std::uintmax_t kLargeFile = std::uintmax_t{2} << 20U;  // read by all threads

// The files, each once; a repeated one adds a message to `failures`.
std::vector<fs::path> distinct(const std::vector<fs::path>& files,
                               std::vector<std::string>& failures) {
  std::vector<fs::path> result;
  std::set<fs::path> seen;
  for (const fs::path& file : files) {
    if (seen.insert(file.lexically_normal()).second) {
      result.push_back(file);
    } else {
      failures.push_back(fmt::format("{} is given twice; counted once", visible(file.native())));
    }
  }
  return result;
}

std::string repeated_run_message(const fs::path& file) {
  return fmt::format("{} contains a run that is also in another file; counted once",
                     visible(file.native()));
}

std::string unverified_message(const fs::path& file) {
  return fmt::format(
      "{} is truncated: it counts as a partial run, and no checksum covers what is left of it",
      file.string());
}

bool is_large(const fs::path& file) {
  std::error_code ignored;
  const std::uintmax_t bytes = fs::file_size(file, ignored);
  return !ignored && bytes >= kLargeFile;
}

// One large file by all threads, or several small ones side by side.
std::vector<std::function<void()>> read_some(std::span<const fs::path> files, RttClock clock,
                                             unsigned threads, const TakeRead& take) {
  std::vector<std::function<void()>> outcomes(files.size());
  if (files.size() == 1) {
    outcomes[0] = take(files[0], try_to_read(files[0], clock, threads));
    return outcomes;
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      outcomes[i] = take(files[i], try_to_read(files[i], clock));
    }
  };
  {
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < std::min<std::size_t>(threads, files.size())) {
      helpers.emplace_back(work);
    }
    work();
  }
  return outcomes;
}

std::size_t samples_in_memory(const Run& run) {
  std::size_t samples = 0;
  for (const auto& [size, series] : run.series) {
    samples += series.rtts.first_samples().size();
  }
  return samples;
}

// What became of each link, where the runs were kept.
void add_trends(std::vector<PenaltyTable>& tables, std::vector<Run> runs) {
  if (runs.empty()) {
    return;
  }
  const std::vector<History> found = histories(std::move(runs), default_history_settings());
  for (PenaltyTable& table : tables) {
    const auto history = std::ranges::find(found, table.link, &History::link);
    if (history != found.end()) {
      table.trend = trend_of(*history);
    }
  }
}

}  // namespace

std::string message_of(const std::exception& error) {
  const auto* world = dynamic_cast<const WorldError*>(&error);
  return world == nullptr || world->hint().empty()
             ? visible(error.what())
             : fmt::format("{}\n  {}", visible(world->what()), visible(world->hint()));
}

void output_text(const fs::path& output, const std::string& text) {
  if (output.empty()) {
    print_data(text);
    return;
  }
  if (fs::is_regular_file(output) && begins_as_result(output)) {
    throw UsageError(fmt::format("--output: {} is a result file", visible(output.native())),
                     "Result files are never replaced. Name another file.");
  }
  replace_file(output, text);
}

std::string partial_message(const Run& run) {
  return fmt::format("{} is a partial run ({})", run.name, run.why_partial());
}

unsigned processors() {
  return std::max(std::thread::hardware_concurrency(), 1U);
}

ReadRun try_to_read(const fs::path& file, RttClock clock, unsigned threads) {
  try {
    return read_run(file, clock, threads);
  } catch (const WorldError& error) {
    return message_of(error);
  } catch (const std::system_error& error) {
    return message_of(error);
  }
}

void for_each_run(const std::vector<fs::path>& files, RttClock clock,
                  const std::function<void(const fs::path& file, ReadRun run)>& visit) {
  reduce_each_run(files, clock, [&](const fs::path& file, ReadRun run) -> std::function<void()> {
    return [&visit, &file, read = std::make_shared<ReadRun>(std::move(run))] {
      visit(file, std::move(*read));
    };
  });
}

void reduce_each_run(const std::vector<fs::path>& files, RttClock clock, const TakeRead& take) {
  const unsigned threads = processors();
  std::span<const fs::path> left(files);
  while (!left.empty()) {
    const auto batch = left.first(std::min(left.size(), threads * kFilesPerThread));
    const auto small =
        static_cast<std::size_t>(std::ranges::find_if(batch, is_large) - batch.begin());
    const std::size_t count = std::max<std::size_t>(small, 1);
    for (const auto& in_order : read_some(left.first(count), clock, threads, take)) {
      in_order();
    }
    left = left.subspan(count);
  }
}

LoadedRuns load_runs(const std::vector<fs::path>& files, const LoadOptions& options) {
  LoadedRuns loaded;
  bool keeps = options.keeps;
  std::size_t kept_samples = 0;
  const auto take = [&](const fs::path& file, ReadRun outcome) {
    auto* run = std::get_if<Run>(&outcome);
    if (run == nullptr) {
      loaded.failures.push_back(std::move(std::get<std::string>(outcome)));
      return;
    }
    run->divide(options.by);
    if (!loaded.runs.add(*run)) {
      loaded.failures.push_back(repeated_run_message(file));
    }
    if (run->is_unverified) {
      loaded.failures.push_back(unverified_message(file));
    } else if (!run->is_complete()) {
      loaded.partial.push_back(partial_message(*run));
    }
    if (keeps) {
      kept_samples += samples_in_memory(*run);
      loaded.kept.push_back(std::move(*run));
      keeps = kept_samples <= kMostKeptSamples;
    }
  };
  for_each_run(distinct(files, loaded.failures), options.clock, take);
  if (kept_samples > kMostKeptSamples) {
    loaded.kept.clear();
  }
  return loaded;
}

std::string render_report(LoadedRuns loaded, const ReportOptions& options) {
  const RunCollection& runs = loaded.runs;
  std::vector<PenaltyTable> tables;
  for (const LinkRuns& link : runs.links()) {
    tables.push_back(penalty_table(link, options.statistic));
  }
  if (tables.size() > 1 || options.format == ReportFormat::Html) {
    add_trends(tables, std::move(loaded.kept));
  }
  const TextOptions layout{
      .screen = screen_of_output(), .has_fit = options.has_fit, .has_details = options.has_details};
  switch (options.format) {
    case ReportFormat::Text: {
      return shown_on(layout.screen, render_text(tables, layout));
    }
    case ReportFormat::Markdown:
      return render_markdown(tables, layout);
    case ReportFormat::Csv:
      return render_csv(tables);
    case ReportFormat::Json:
      return render_json(tables);
    case ReportFormat::Html:
      return render_html(runs.links(), tables);
  }
  return {};
}

}  // namespace tcpstep
