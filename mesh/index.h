// index.csv of a day in the folder of a mesh: what was measured when, and what failed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tcpstep {

struct IndexRow {
  std::string tournament;  // when it began: "20261128T010000Z"
  std::size_t round = 0;   // from 1
  std::string from;        // the host that sends the payloads
  std::string to;
  std::string direction;  // down: `from` runs the server; up: the client
  std::string started_utc;
  double seconds = 0;
  std::string file;     // in the folder of the index; empty if it failed
  std::string failure;  // why
};

class MeshIndex {
 public:
  // Of `folder`, which exists. An incomplete last line, of a process that was killed, is cut off.
  explicit MeshIndex(const std::filesystem::path& folder);

  // Of one tournament, in the order in which they were added.
  [[nodiscard]] std::vector<IndexRow> rows_of(std::string_view tournament) const;

  // On disk when it returns.
  void add(const IndexRow& row);

 private:
  std::filesystem::path path_;
};

}  // namespace tcpstep
