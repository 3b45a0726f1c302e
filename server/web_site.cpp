#include "server/web_site.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <vector>

#include "lib/base/file.h"
#include "lib/report/render.h"
#include "lib/runfile/run.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kRuns = "/runs/";
constexpr std::chrono::milliseconds kMostTaken{500};
constexpr std::uint64_t kLargestFile = std::uint64_t{16} << 20U;  // of a run that is shown

// The page loads its parts from here, connects to here, and nothing else.
std::string policy_of_page(const std::string& host) {
  return fmt::format(
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
      "img-src 'self'; connect-src 'self' ws://{}; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'",
      host);
}

// The one style sheet within the page of a run, by its hash.
std::string policy_of_report(std::string_view html) {
  constexpr std::string_view kOpen = "<style>";
  const std::size_t begin = html.find(kOpen) + kOpen.size();
  const std::string_view style = html.substr(begin, html.find("</style>") - begin);
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  ::crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(style.data()),
                       style.size());
  std::array<char,
             sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)>
      text{};
  ::sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(),
                      sodium_base64_VARIANT_ORIGINAL);
  return fmt::format(
      "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'",
      text.data());
}

std::string page_of_run(const fs::path& file) {
  RunCollection runs;
  runs.add(read_run(file, RttClock::Application));
  const std::vector<PenaltyTable> tables{penalty_table(runs.links()[0], Statistic::minimum())};
  std::string html = render_html(runs.links(), tables);
  const std::string policy = policy_of_report(html);
  return http_response(
      {.type = "text/html; charset=utf-8", .policy = policy, .body = std::move(html)});
}

std::string file_of_run(const fs::path& file) {
  const std::string more = fmt::format("Content-Disposition: attachment; filename=\"{}\"\r\n",
                                       file.filename().string());  // of valid names: no quotes
  return http_response({.type = "text/csv; charset=utf-8",
                        .policy = "default-src 'none'",
                        .more = more,
                        .body = read_file(file, kLargestFile)});
}

// The run_id of a file that a browser's run has left; empty if it is another one.
std::string run_id_of_browser(const fs::path& file) {
  try {
    const RunReader reader(file);
    const RunHeader& header = reader.header();
    return header.find("protocol") == "websocket" ? std::string(header.find("run_id").value_or(""))
                                                  : std::string();
  } catch (const std::exception&) {
    return {};  // of an owner who keeps other files there
  }
}

}  // namespace

WebSite::WebSite(const fs::path& results) {
  std::error_code error;
  for (fs::directory_iterator entry(results, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".csv" && entry->is_regular_file(error)) {
      if (const std::string run_id = run_id_of_browser(entry->path()); !run_id.empty()) {
        add_run(run_id, entry->path());
      }
    }
  }
}

void WebSite::add_run(const std::string& run_id, const fs::path& file) {
  if (runs_.size() >= kMostRuns) {  // file names begin with the time
    runs_.erase(std::ranges::min_element(runs_, {}, [](const auto& run) { return run.second; }));
  }
  runs_.insert_or_assign(run_id, file);
}

std::string WebSite::respond(const HttpRequest& request) {
  const std::string_view target = request.target;
  if (const WebFile* file = find_web_file(target)) {
    const std::string policy = policy_of_page(request.host);
    return http_response({.type = file->type, .policy = policy, .body = std::string(file->text)});
  }
  if (target == "/report.css") {
    return http_response({.type = "text/css; charset=utf-8",
                          .policy = "default-src 'none'",
                          .body = std::string(page_style())});
  }
  return target.starts_with(kRuns)
             ? respond_with_run(target.substr(kRuns.size()))
             : http_response(HttpError{404, "There is no such page here. Try /"});
}

bool WebSite::has_time() {
  const auto now = Clock::now();
  taken_ = std::max(taken_ - (now - counted_) / 10, std::chrono::nanoseconds(0));
  counted_ = now;
  return taken_ < kMostTaken;
}

std::string WebSite::respond_with_run(std::string_view target) {
  constexpr std::string_view kFile = ".csv";
  const bool wants_file = target.ends_with(kFile);
  target.remove_suffix(wants_file ? kFile.size() : 0);
  const auto run = runs_.find(target);
  const HttpError missing{404, "There is no such run here, or no longer."};
  if (run == runs_.end()) {
    return http_response(missing);
  }
  if (!has_time()) {
    return http_response(HttpError{503, "Too many runs are being looked at. Try again later."});
  }
  std::string response;
  try {
    response = wants_file ? file_of_run(run->second) : page_of_run(run->second);
  } catch (const std::exception&) {  // moved away by the server's owner
    response = http_response(missing);
  }
  taken_ += Clock::now() - counted_;
  return response;
}

}  // namespace tcpstep
