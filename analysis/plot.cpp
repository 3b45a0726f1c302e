#include "analysis/plot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gnuplot-iostream.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "analysis/common_options.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotRun = 127;

void write_script(const fs::path& path, const std::string& script) {
  {
    std::FILE* file = std::fopen(path.c_str(), "we");
    if (file == nullptr) {
      throw_system_error(errno, "create " + path.string());
    }
    Gnuplot stream(file);
    stream << script;
  }
  if (fs::file_size(path) != script.size()) {
    throw WorldError("cannot write " + path.string(), "Is the disk full?");
  }
}

// gnuplot-iostream's own pipe hides a gnuplot that is missing or fails. So it writes the script,
// and a child process gives gnuplot's exit status and what it printed.
void run_gnuplot(const std::string& script, const fs::path& folder) {
  const fs::path log = folder / "gnuplot.log";
  const Child child = Child::start({"gnuplot", "--default-settings", script}, [&] {
    const Fd messages(
        check_syscall(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
                      "open {}", log.string()));
    check_syscall(::dup2(messages.get(), STDERR_FILENO), "dup2");
    check_syscall(::chdir(folder.c_str()), "chdir {}", folder.string());
    ::setenv("LC_ALL", "C.UTF-8", 1);
  });
  const int status = child.wait();
  const std::string messages = fs::exists(log) ? read_file(log) : std::string();
  const std::string reason(last_line(messages));
  if (status == kCannotRun) {
    throw WorldError("cannot " + reason, "Install it, on Debian with: apt-get install gnuplot-nox");
  }
  if (status != 0) {
    throw WorldError(
        fmt::format("gnuplot failed with {} {}", status > 128 ? "signal" : "exit status",
                    status > 128 ? status - 128 : status),
        reason + "\n  tcpstep needs gnuplot 5.4 or later with pngcairo and svg.");
  }
  if (messages.find("no valid points") != std::string::npos) {
    throw WorldError("gnuplot found no data to draw", reason);
  }
}

// Keeps the script as <name>.gp in `folder`, where it draws <name>.<format> of every format.
void draw_formats(const fs::path& folder, const std::string& name, const std::string& text,
                  const std::vector<std::string>& formats) {
  const fs::path script = folder / (name + ".gp");
  write_script(script, text);
  run_gnuplot(script.filename(), folder);
  for (const std::string& format : formats) {
    const std::string_view signature = format == "png"   ? "\x89PNG\r\n\x1a\n"
                                       : format == "svg" ? "<?xml"
                                                         : "%PDF";
    const fs::path picture = folder / (name + '.' + format);
    if (!fs::exists(picture) || !read_file(picture).starts_with(signature)) {
      throw WorldError(fmt::format("gnuplot drew no picture {}", picture.filename().string()),
                       "Is the disk full? tcpstep needs gnuplot 5.4 or later with cairo.");
    }
  }
}

}  // namespace

std::vector<fs::path> draw(const Drawing& drawing, const fs::path& directory) {
  std::vector<std::string> formats{"png"};
  if (drawing.is_small()) {
    formats.emplace_back("svg");
  }
  fs::create_directories(directory);
  const TemporaryFolder unfinished(directory);
  draw_formats(unfinished.path(), drawing.name, gnuplot_script(drawing, formats), formats);
  formats.insert(formats.begin() + 1, "gp");
  std::vector<fs::path> written;
  for (const std::string& format : formats) {
    written.push_back(directory / (drawing.name + '.' + format));
    replace_with(written.back(), unfinished.path() / written.back().filename());
  }
  return written;
}

void draw_script_file(const std::string& name, const std::string& script, const fs::path& file) {
  const TemporaryFolder unfinished(file.has_parent_path() ? file.parent_path() : ".");
  const std::string format = file.extension().string().substr(1);
  draw_formats(unfinished.path(), name, script, {format});
  replace_with(file, unfinished.path() / (name + '.' + format));
}

std::vector<fs::path> draw_file(const Drawing& drawing, const fs::path& file) {
  const std::string format = file.extension().string().substr(1);
  draw_script_file(drawing.name, gnuplot_script(drawing, {&format, 1}), file);
  return {file};
}

std::vector<fs::path> draw_into(const Drawing& drawing, const fs::path& output) {
  return is_picture(output) ? draw_file(drawing, output) : draw(drawing, output);
}

std::string picture_stem(std::span<const LinkRuns> links, std::size_t index) {
  const LinkKey& key = links[index].key;
  const auto namesakes = std::ranges::count_if(
      links, [&](const LinkRuns& link) { return link.key.name() == key.name(); });
  return namesakes > 1 && key.mss ? fmt::format("{}-mss{}", key.name(), key.mss->bytes())
                                  : key.name();
}

}  // namespace tcpstep
