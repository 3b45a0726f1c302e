// What --web serves besides runs: the page and its parts, and the pages of runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "server/http.h"

namespace tcpstep {

// The files of server/web, compiled in.
struct WebFile {
  std::string_view target;
  std::string_view type;
  std::string_view text;
};
[[nodiscard]] const WebFile* find_web_file(std::string_view target);

class WebSite {
 public:
  // With the runs of browsers whose files are in `results`, if it is not empty.
  explicit WebSite(const std::filesystem::path& results);

  // The response to a GET. Reads nothing but files of runs that are known, and that for at most a
  // tenth of the time: the server's loop has other clients.
  [[nodiscard]] std::string respond(const HttpRequest& request);

  // From now on /runs/<run_id> shows that run.
  void add_run(const std::string& run_id, const std::filesystem::path& file);

 private:
  static constexpr std::size_t kMostRuns = 10'000;

  [[nodiscard]] std::string respond_with_run(std::string_view target);
  [[nodiscard]] bool has_time();

  std::map<std::string, std::filesystem::path, std::less<>> runs_;  // by run_id
  std::chrono::nanoseconds taken_{0};  // by runs that were shown; a tenth of the time is given back
  std::chrono::steady_clock::time_point counted_;
};

}  // namespace tcpstep
