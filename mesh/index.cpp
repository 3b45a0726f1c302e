#include "mesh/index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "lib/base/error.h"
#include "lib/base/escape.h"
#include "lib/base/file.h"
#include "lib/runfile/mesh_folder.h"

namespace tcpstep {
namespace {

constexpr std::size_t kColumns = 9;

// The cells of a line of ours: quotes only around a whole cell, doubled inside.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += '"';
        ++i;
      } else {
        is_quoted = !is_quoted;
      }
    } else if (line[i] == ',' && !is_quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  return cells;
}

template <class Number>
Number number_of(const std::string& text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Fd open_to_append(const std::filesystem::path& path) {
  return Fd(check_syscall(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644),
                          "open {}", path.string()));
}

}  // namespace

MeshIndex::MeshIndex(const std::filesystem::path& folder) : path_(folder / kMeshIndexName) {
  const Fd file = open_to_append(path_);
  const std::string text = read_all(file, path_.string());
  if (text.empty()) {
    write_all(file, std::string(kMeshIndexColumns) + '\n', path_.string());
    flush_folder_of(path_);
  } else if (!text.starts_with(kMeshIndexColumns)) {
    throw WorldError(fmt::format("{} is not the index of a mesh", path_.string()),
                     "Choose another folder.");
  } else if (!text.ends_with('\n')) {
    check_syscall(::ftruncate(file.get(), static_cast<off_t>(text.rfind('\n') + 1)), "shorten {}",
                  path_.string());
  }
}

std::vector<IndexRow> MeshIndex::rows_of(std::string_view tournament) const {
  const std::string text = read_file(path_);
  std::vector<IndexRow> rows;
  const std::string begin = std::string(tournament) + ',';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(begin)) {
      continue;
    }
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() == kColumns) {
      rows.push_back({.tournament = cells[0],
                      .round = number_of<std::size_t>(cells[1]),
                      .from = cells[2],
                      .to = cells[3],
                      .direction = cells[4],
                      .started_utc = cells[5],
                      .seconds = number_of<double>(cells[6]),
                      .file = cells[7],
                      .failure = cells[8]});
    }
  }
  return rows;
}

void MeshIndex::add(const IndexRow& row) {
  const std::string line =
      fmt::format("{},{},{},{},{},{},{:.3f},{},{}\n", row.tournament, row.round, row.from, row.to,
                  row.direction, row.started_utc, row.seconds, row.file, csv_escaped(row.failure));
  const Fd file = open_to_append(path_);
  write_all(file, line, path_.string());
  check_syscall(::fsync(file.get()), "flush {}", path_.string());
}

}  // namespace tcpstep
