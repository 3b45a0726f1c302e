// Any bytes as a link profile: a UsageError, or a link that never delivers before it was sent.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/link/link_model.h"
#include "lib/link/profile_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpstep;
  using namespace std::chrono_literals;
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Profile profile = scaled(parse_profile(text, "fuzz", "fuzz.profile"), Scale(10'000));
    LinkModel link(profile, 1);
    std::array<Duration, 2> delivered{};
    for (unsigned i = 0; i < 20; ++i) {
      const auto direction = static_cast<Direction>(i % 2);
      const Duration now = i * 1ms;
      const auto due = link.send(direction, now, i % 4 < 2 ? 1500 : 53);
      if (due && (*due < now || *due < delivered[i % 2])) {
        std::abort();
      }
      delivered[i % 2] = due.value_or(delivered[i % 2]);
    }
  } catch (const UsageError&) {
  }
  return 0;
}
