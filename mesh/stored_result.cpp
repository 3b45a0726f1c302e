#include "mesh/stored_result.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <sstream>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/runfile/mesh_folder.h"
#include "lib/runfile/run.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

constexpr std::string_view kStarted = "# started_utc: ";
constexpr std::chrono::seconds kClocksDiffer{2};

bool is_plausible(std::string_view started, const IndexRow& place) {
  const auto time = parse_utc(started);
  const auto launched = parse_utc(place.started_utc);
  const auto took =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(place.seconds));
  return !launched ||
         (time && *time >= *launched - kClocksDiffer && *time <= *launched + took + kClocksDiffer);
}

// Rows were read before, but not what was added to the header.
std::string fault_of_header(const std::string& text) {
  try {
    const RunReader reader(ByteSource(std::make_unique<std::istringstream>(text)), "header",
                           Scrutiny::All);
    return {};
  } catch (const RunFileError& error) {
    return printable(error.what(), 200);
  }
}

}  // namespace

StoredResult store_result(const std::filesystem::path& draft, const std::filesystem::path& path,
                          const IndexRow& place) {
  std::istringstream lines(read_file(draft));
  std::string text;
  std::string wrong;
  bool is_header = true;
  for (std::string line; std::getline(lines, line); text += line + '\n') {
    if (!is_header) {
      continue;
    }
    if (line.starts_with(kStarted) && !is_plausible(line.substr(kStarted.size()), place)) {
      wrong = line.substr(kStarted.size());
      line = fmt::format("{}{}\n# host_started_utc: {}", kStarted, place.started_utc, wrong);
    } else if (!line.starts_with('#')) {
      is_header = false;
      text +=
          fmt::format("# {}: {}\n# {}: {}\n# {}: {}\n# {}: {}\n", kMeshTournament, place.tournament,
                      kMeshRound, place.round, kMeshFrom, place.from, kMeshTo, place.to);
    }
  }
  std::filesystem::remove(draft);
  if (const std::string fault = fault_of_header(text); !fault.empty()) {
    return {.wrong_clock = {}, .fault = fault};
  }
  replace_file(path, text);
  return {.wrong_clock = printable(wrong), .fault = {}};
}

std::string started_utc_of(const std::filesystem::path& file) {
  const RunReader reader(file);
  return std::string(reader.header().find("started_utc").value_or(""));
}

}  // namespace tcpstep
