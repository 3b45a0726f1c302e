// Any text as a value of the command line: a value within its limits, or a UsageError.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/protocol/sweep_spec.h"

namespace {

using namespace std::chrono_literals;
using namespace tcpstep;

template <class Parse>
void must_hold(Parse parse) {
  try {
    if (!parse()) {
      std::abort();
    }
  } catch (const UsageError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_hold([&] {
    const SizeList list = parse_sizes(text);
    const auto sizes = list.resolve(Mss(1448));
    return !sizes || (sizes->front().bytes() >= 1 && std::ranges::is_sorted(*sizes) &&
                      std::ranges::adjacent_find(*sizes) == sizes->end());
  });
  must_hold([&] {
    const Duration duration = parse_duration(text, 1ms, 1h);
    return duration >= 1ms && duration <= 1h;
  });
  must_hold([&] { return parse_count(text, 1, 1000) <= 1000; });
  must_hold([&] { return parse_port(text) > 0; });
  must_hold([&] { return parse_name(text) == text; });
  return 0;
}
