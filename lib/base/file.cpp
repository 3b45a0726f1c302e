#include "lib/base/file.h"

#include <cerrno>
#include <fstream>
#include <iterator>

#include "lib/base/error.h"

namespace tcpstep {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) {
    throw_system_error(errno, "write " + path.string());
  }
}

}  // namespace tcpstep
