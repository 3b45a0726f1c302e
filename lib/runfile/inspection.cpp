#include "lib/runfile/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

constexpr std::size_t kCheckedChunk = std::size_t{1024} * 1024;

}  // namespace

Inspection inspect_run(const std::filesystem::path& file) {
  RunReader reader(file, Scrutiny::All);
  Inspection inspection;
  while (const auto row = reader.next()) {
    if (row->round > 0) {
      ++(row->rtt ? inspection.samples : inspection.lost);
    }
    if (row->start) {
      inspection.elapsed =
          std::max(inspection.elapsed, *row->start + row->rtt.value_or(Duration::zero()));
    }
  }
  inspection.trailer = reader.trailer();
  inspection.lines = reader.lines();
  inspection.whole_bytes = reader.offset();
  inspection.cut_bytes = reader.cut_bytes();
  inspection.is_compressed = reader.is_compressed();
  inspection.is_archive_cut = reader.is_archive_cut();
  return inspection;
}

void write_repaired(const std::filesystem::path& file, const Inspection& inspection,
                    OutputFile& output) {
  ByteSource source(file);
  std::vector<char> chunk(kCheckedChunk);
  for (std::uint64_t left = inspection.whole_bytes; left > 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, kCheckedChunk));
    const std::size_t got = source.read(std::span(chunk).first(wanted));
    if (got == 0) {
      throw WorldError(fmt::format("{} became shorter while it was read", file.string()));
    }
    output.append({chunk.data(), got});
    left -= got;
  }
  if (!inspection.trailer) {
    output.append(fmt::format("# end: status={} samples={} lost={} elapsed_ns={}\n", kRepaired,
                              inspection.samples, inspection.lost, inspection.elapsed.count()));
  }
  output.sync();
}

}  // namespace tcpstep
