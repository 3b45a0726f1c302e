#include "analysis/plot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gnuplot-iostream.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>

#include "analysis/gnuplot_script.h"
#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

// A new folder for half-made pictures, gone with everything in it at the end.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const fs::path& parent) {
    std::string name = (parent / ".plot-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw_system_error(errno, "make a folder in " + parent.string());
    }
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Starts gnuplot in `directory` with its standard input at the other end of `input`.
pid_t spawn_gnuplot(const fs::path& directory, std::FILE*& input) {
  std::array<int, 2> ends{};
  check_syscall(::pipe2(ends.data(), O_CLOEXEC), "make a pipe to gnuplot");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  std::string name = "gnuplot";
  std::array<char*, 2> arguments{name.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "gnuplot", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[0]);
  if (error != 0) {
    ::close(ends[1]);
    throw WorldError(fmt::format("cannot run gnuplot: {}", std::strerror(error)),
                     "Install it, on Debian with: apt-get install gnuplot-nox");
  }
  input = ::fdopen(ends[1], "w");
  if (input == nullptr) {
    throw_system_error(errno, "open the pipe to gnuplot");
  }
  return child;
}

// gnuplot-iostream itself reports no failure: neither a missing gnuplot nor one that gives up.
// Hence our own process and its exit status.
void run_gnuplot(const std::string& script, const fs::path& directory) {
  std::FILE* input = nullptr;
  const pid_t child = spawn_gnuplot(directory, input);
  {
    Gnuplot gnuplot(input);
    gnuplot << script << std::flush;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw WorldError(
        fmt::format("gnuplot failed with {} {}", WIFEXITED(status) ? "exit status" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)),
        "Its own message stands above. tcpstep needs gnuplot 5.4 with pngcairo.");
  }
}

void write_script(const fs::path& path, const std::string& script) {
  std::ofstream file(path, std::ios::binary);
  file << script << std::flush;
  if (!file) {
    throw_system_error(errno, "write " + path.string());
  }
}

void check_picture(const fs::path& path, std::string_view signature) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(signature.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin != signature) {
    throw WorldError(fmt::format("gnuplot drew no picture {}", path.filename().string()),
                     "Is the disk full? tcpstep needs gnuplot 5.4 with pngcairo and svg.");
  }
}

}  // namespace

std::vector<fs::path> draw(const PlotScript& plot, const fs::path& directory) {
  fs::create_directories(directory);
  const TemporaryDirectory unfinished(directory);
  write_script(unfinished.path() / (plot.name + ".gp"), plot.text);
  run_gnuplot(plot.text, unfinished.path());
  check_picture(unfinished.path() / (plot.name + ".png"), "\x89PNG\r\n\x1a\n");
  std::vector<std::string> suffixes{".png", ".gp"};
  if (plot.has_svg) {
    check_picture(unfinished.path() / (plot.name + ".svg"), "<?xml");
    suffixes.emplace_back(".svg");
  }
  std::vector<fs::path> written;
  for (const std::string& suffix : suffixes) {
    written.push_back(directory / (plot.name + suffix));
    fs::rename(unfinished.path() / written.back().filename(), written.back());
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

std::vector<fs::path> plot_link(const LinkRuns& link, std::string_view stem,
                                const fs::path& directory) {
  if (link.samples() == 0) {
    throw WorldError(fmt::format("link {} has no sample to draw", link.key.name()));
  }
  std::vector<fs::path> written;
  for (const PlotScript& plot : {all_results_script(link, stem), closeup_script(link, stem)}) {
    const auto files = draw(plot, directory);
    written.insert(written.end(), files.begin(), files.end());
  }
  return written;
}

}  // namespace tcpstep
