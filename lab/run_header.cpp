#include "lab/run_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "lib/base/random.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

// Sets a value that the header has already.
void set_fact(std::string& text, std::string_view key, std::string_view value) {
  const std::string start = fmt::format("\n# {}: ", key);
  if (const auto at = text.find(start); at != std::string::npos) {
    const auto value_at = at + start.size();
    text.replace(value_at, text.find('\n', value_at) - value_at, value);
  }
}

// A version 4 UUID that depends on every byte (FNV-1a, then SplitMix64).
std::string uuid_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  Random random(hash);
  const std::uint64_t high = random.next();
  const std::uint64_t low = random.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32U, high >> 16U & 0xFFFFU,
                     high & 0xFFFU, (low >> 48U & 0x3FFFU) | 0x8000U, low & 0xFFFF'FFFF'FFFFU);
}

}  // namespace

std::string lab_header(const LinkOptions& link, bool is_netem, const HostsRunOutcome& outcome,
                       const Faithfulness& faithfulness) {
  std::string text = fmt::format(
      "# lab_profile: {}\n# lab_time: {}\n# lab_emulation: {}\n# lab_scale: {}\n# lab_seed: {}\n"
      "# lab_swapped: {}\n",
      header_safe(link.profile_name()), faithfulness.is_virtual ? "virtual" : "real",
      is_netem ? "netem" : "tcpstep", link.scale.text(), link.seed, link.is_swapped ? "yes" : "no");
  if (!is_netem) {
    text += fmt::format(
        "# lab_error_p50_ns: {}\n# lab_error_p99_ns: {}\n# lab_packets: {}\n# lab_lost_packets: "
        "{}\n# lab_base_ns: {}\n# lab_doubtful_sizes: {}\n# lab_faithful: {}\n",
        faithfulness.p50.count(), faithfulness.p99.count(), outcome.error.packets(), outcome.lost,
        faithfulness.base.count(), sizes_text(faithfulness.doubtful),
        faithfulness.is_faithful ? "yes" : "no");
  }
  return text;
}

std::string with_lab_header(const std::string& text, std::string_view lines) {
  std::size_t end = 0;
  while (end < text.size() && text[end] == '#') {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return text.substr(0, end).append(lines) + text.substr(end);
}

std::string with_names(std::string text, const LinkOptions& link, const std::string& label) {
  set_fact(text, "link", link.load().name);
  set_fact(text, "label", label);
  set_fact(text, "lab_profile", header_safe(link.profile_name()));
  set_fact(text, "run_id", uuid_of(text));
  return text;
}

}  // namespace tcpstep
