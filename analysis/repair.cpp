#include "analysis/repair.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/runfile/byte_source.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

std::string what_was_cut(const Inspection& inspection) {
  std::string text = inspection.cut_bytes > 0
                         ? fmt::format("{} after line {} cut off",
                                       count_of(inspection.cut_bytes, "byte"), inspection.lines)
                         : std::string("nothing cut off");
  if (!inspection.trailer) {
    text += fmt::format(", status {}", kRepaired);
  }
  if (inspection.is_archive_cut) {
    text += ", not covered by a checksum";
  }
  return text +
         fmt::format(", {}, {} lost", count_of(inspection.samples, "sample"), inspection.lost);
}

void replace(const fs::path& file, const Inspection& inspection) {
  const fs::path real = fs::canonical(file);  // of a symbolic link, not the link
  const TemporaryFolder unfinished(real.parent_path());
  const fs::path repaired = unfinished.path() / real.filename();
  {
    OutputFile output(repaired);
    write_repaired(real, inspection, output);
  }
  replace_with(real, repaired);
}

}  // namespace

std::string describe(const fs::path& file, const Inspection& inspection) {
  const std::string counts =
      fmt::format("{}, {} lost", count_of(inspection.samples, "sample"), inspection.lost);
  if (inspection.is_whole()) {
    return fmt::format("{}: whole: {}, {}", visible(file.native()), inspection.trailer->status,
                       counts);
  }
  std::string why;
  if (inspection.is_archive_cut) {
    why = "the archive is truncated";
  } else if (inspection.cut_bytes > 0) {
    why = fmt::format("the line is cut off after {}", count_of(inspection.cut_bytes, "byte"));
  } else {
    why = "the trailer is missing";
  }
  return fmt::format("{}:{}:{}: {}; whole before that: {}", visible(file.native()),
                     inspection.lines + 1, inspection.cut_bytes + 1, why, counts);
}

void write_result(const fs::path& path, const std::function<void(OutputFile&)>& write) {
  if (path != kStandardOutput) {
    OutputFile output(path);
    write(output);
    return;
  }
  const TemporaryFolder folder;
  const fs::path result = folder.path() / "result.csv";
  {
    OutputFile output(result);
    write(output);
  }
  print_data(read_file(result));
}

fs::path default_repaired_name(const fs::path& file) {
  if (file == kStandardInput) {
    return kStandardOutput;
  }
  fs::path name = file;
  if (name.extension() == ".gz" || name.extension() == ".zst") {
    name.replace_extension();
  }
  return name.replace_extension(".repaired.csv");
}

std::string repair_run(const fs::path& file, const std::optional<fs::path>& output) {
  if (file == kStandardInput) {  // it is read twice
    const TemporaryFolder folder;
    const fs::path copy = folder.path() / "standard-input";
    OutputFile(copy).append(read_file("/dev/stdin"));
    return repair_run(copy, output);
  }
  const Inspection inspection = inspect_run(file);
  if (!output && inspection.is_compressed) {
    throw UsageError(
        fmt::format("{} is compressed: it cannot be repaired in place", visible(file.native())),
        "Leave out --in-place; the new file is not compressed.");
  }
  const auto write = [&](OutputFile& repaired) { write_repaired(file, inspection, repaired); };
  if (inspection.is_whole()) {
    if (output == kStandardOutput) {  // what reads it expects a file
      write_result(*output, write);
    }
    return describe(file, inspection) + ": nothing to repair";
  }
  if (!output) {
    if (const auto names = fs::hard_link_count(fs::canonical(file)); names > 1) {
      throw UsageError(
          fmt::format("{} has {} names (hard links); a repair in place would break the links",
                      file.string(), names),
          "Leave out --in-place.");
    }
    replace(file, inspection);
    return fmt::format("{}: {}", visible(file.native()), what_was_cut(inspection));
  }
  write_result(*output, write);
  return fmt::format("{}: {}, written to {}", visible(file.native()), what_was_cut(inspection),
                     *output == kStandardOutput ? "standard output" : visible(output->native()));
}

}  // namespace tcpstep
