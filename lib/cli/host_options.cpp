#include "lib/cli/host_options.h"

#include <limits>

#include "lib/base/parse.h"

namespace tcpstep {

using namespace std::chrono_literals;

void declare_host_options(CommandLine& line) {
  line.group("This host");
  line.value("wait", "WORD", "block",
             "for data: block (sleep in the kernel), or spin (poll, on a processor of its own)");
  line.value("cpu", "N", "run on processor N only");
  line.value("busy-poll", "TIME", "0", "let the kernel poll the network card for TIME");
  line.flag("realtime", "SCHED_FIFO and locked memory, where permitted");
}

HostOptions host_options(const OptionValues& values) {
  HostOptions options;
  options.scheduling.wait =
      values.choose<Wait>("wait", {{"block", Wait::Block}, {"spin", Wait::Spin}});
  if (values.has("cpu")) {
    options.scheduling.cpu = values.get("cpu", [](std::string_view text) {
      return static_cast<std::uint32_t>(
          parse_count(text, 0, std::numeric_limits<std::uint16_t>::max()));
    });
  }
  options.scheduling.is_realtime = values.is_set("realtime");
  options.busy_poll = std::chrono::duration_cast<std::chrono::microseconds>(values.get(
      "busy-poll", [](std::string_view text) { return parse_duration(text, 0us, 100ms); }));
  return options;
}

}  // namespace tcpstep
