#include "analysis/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "analysis/history_options.h"
#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/file.h"
#include "lib/base/side_by_side.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/compare/render_history.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

namespace {

namespace fs = std::filesystem;

// Small files that each thread reads before those of the others are merged in order.
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

// Steps that threads prepare in any order, and that are taken one after the other in order.
class OrderedSteps {
 public:
  // Waits until fewer than `most` steps before this one are missing.
  void wait_for_room(std::size_t number, std::size_t most) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return has_failed_ || number < next_ + most; });
  }

  // Takes all steps that can be taken now, unless another thread is at it.
  void add(std::size_t number, std::function<void()> step) {
    std::unique_lock lock(mutex_);
    ready_.emplace(number, std::move(step));
    if (is_taking_) {
      return;
    }
    is_taking_ = true;
    while (!ready_.empty() && ready_.begin()->first == next_) {
      const auto taken = ready_.extract(ready_.begin());
      lock.unlock();
      try {
        taken.mapped()();
      } catch (...) {
        lock.lock();
        has_failed_ = true;
        has_room_.notify_all();
        throw;
      }
      lock.lock();
      ++next_;
      has_room_.notify_all();
    }
    is_taking_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::map<std::size_t, std::function<void()>> ready_;
  std::size_t next_ = 0;
  bool is_taking_ = false;
  bool has_failed_ = false;  // no further step is taken
};

void read_side_by_side(std::span<const fs::path> files, RttClock clock, unsigned threads,
                       const TakeRead& take) {
  OrderedSteps steps;
  side_by_side(threads, files.size(), [&](std::size_t i) {
    steps.wait_for_room(i, threads * kFilesPerThread);
    steps.add(i, take(files[i], try_to_read(files[i], clock)));
  });
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
  for (std::span<const fs::path> left(files); !left.empty();) {
    const auto small =
        static_cast<std::size_t>(std::ranges::find_if(left, is_large) - left.begin());
    read_side_by_side(left.first(small), clock, threads, take);
    left = left.subspan(small);
    if (!left.empty()) {
      take(left.front(), try_to_read(left.front(), clock, threads))();
      left = left.subspan(1);
    }
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
