// The file of hosts of a mesh: what is accepted is safe in a shell and in the name of a file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "mesh/hosts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpstep;
  try {
    const auto hosts = parse_hosts({reinterpret_cast<const char*>(data), size}, "hosts");
    for (const MeshHost& host : hosts) {
      if (!is_plain_word(host.name) || !is_plain_word(host.address) || host.address[0] == '-' ||
          !is_valid_name(link_between(host, hosts.front()))) {
        std::abort();
      }
    }
  } catch (const UsageError&) {
  }
  return 0;
}
