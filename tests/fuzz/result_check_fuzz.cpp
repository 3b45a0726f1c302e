// Any bytes of another host in place of a result file: none is accepted that readers of files would
// refuse, that names another run, or that a terminal would not show as it is.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/runfile/run_reader.h"
#include "lib/sweep/result_check.h"
#include "tests/fuzz/result_check_run.h"

namespace {

using namespace tcpstep;
using namespace std::chrono_literals;

void check(std::string_view text, const AgreedRun& agreed) {
  try {
    static_cast<void>(check_result(text, agreed));
  } catch (const WorldError&) {
    return;
  }
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(std::string(text))), "fuzz");
  while (const auto row = reader.next()) {
    if (row->rtt.value_or(0s) > agreed.longest + agreed.longest / 100 || row->round > 2) {
      std::abort();
    }
  }
  const bool is_plain = std::ranges::none_of(
      text, [](char c) { return (c >= '\0' && c < ' ' && c != '\n') || c == '\x7f'; });
  if (!is_plain || reader.header().link() != "fuzz" || !reader.trailer()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const AgreedRun open = agreed_run(false);
  static const AgreedRun anonymous = agreed_run(true);
  static const AgreedRun with_acks = agreed_run(false, true);
  static const AgreedRun limited = agreed_run(false, false, "limit");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  check(text, has(",peer_retransmits,") ? with_acks
              : has("status=limit")     ? limited
              : size % 8 == 0           ? anonymous
                                        : open);
  return 0;
}
