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

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/process.h"

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

std::string last_line(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text.substr(text.rfind('\n') + 1);
}

// gnuplot-iostream's own pipe hides a gnuplot that is missing or fails. Hence it writes the script,
// and our own process shows gnuplot's exit status and what it printed.
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
  const std::string reason = last_line(messages);
  if (status == kCannotRun) {
    throw WorldError("cannot " + reason, "Install it, on Debian with: apt-get install gnuplot-nox");
  }
  if (status != 0) {
    throw WorldError(
        fmt::format("gnuplot failed with {} {}", status > 128 ? "signal" : "exit status",
                    status > 128 ? status - 128 : status),
        messages + "tcpstep needs gnuplot 5.4 or later with pngcairo and svg.");
  }
  if (messages.find("no valid points") != std::string::npos) {
    throw WorldError("gnuplot found no data to draw", reason);
  }
}

void check_picture(const fs::path& path, std::string_view signature) {
  if (!fs::exists(path) || !read_file(path).starts_with(signature)) {
    throw WorldError(fmt::format("gnuplot drew no picture {}", path.filename().string()),
                     "Is the disk full? tcpstep needs gnuplot 5.4 or later with pngcairo and svg.");
  }
}

}  // namespace

std::vector<fs::path> draw(const Drawing& drawing, const fs::path& directory) {
  fs::create_directories(directory);
  const TemporaryFolder unfinished(directory);
  const auto place = [&](std::string_view suffix) {
    return unfinished.path() / fmt::format("{}.{}", drawing.name, suffix);
  };
  write_script(place("gp"), gnuplot_script(drawing));
  run_gnuplot(place("gp").filename(), unfinished.path());
  check_picture(place("png"), "\x89PNG\r\n\x1a\n");
  std::vector<fs::path> written{place("png"), place("gp")};
  if (drawing.is_small()) {
    check_picture(place("svg"), "<?xml");
    written.push_back(place("svg"));
  }
  for (fs::path& path : written) {
    const fs::path finished = std::exchange(path, directory / path.filename());
    replace_with(path, finished);
  }
  return written;
}

std::string picture_stem(std::span<const LinkRuns> links, std::size_t index) {
  const LinkKey& key = links[index].key;
  const auto namesakes = std::ranges::count_if(
      links, [&](const LinkRuns& link) { return link.key.name() == key.name(); });
  return namesakes > 1 && key.mss ? fmt::format("{}-mss{}", key.name(), key.mss->bytes())
                                  : key.name();
}

}  // namespace tcpstep
