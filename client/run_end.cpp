// What is said and kept at the end of a run, whatever that was.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <sstream>

#include "client/run.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/print.h"
#include "lib/cli/stop_signals.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {

RunHeader ClientRun::describe_lost() const {
  return describe_lost_run(settings(), identity(),
                           environment_of(host_, negotiation_.accept().is_anonymous));
}

// So that nobody takes a run that broke off for one that was never made.
void ClientRun::mark_lost(std::string_view status) {
  if (!options_.output.empty()) {
    RunWriter writer(open_output(), describe_lost());
    writer.finish(status, std::chrono::steady_clock::now() - begin_);
  }
}

PingStatus ClientRun::failure() {
  return StopSignals::received() != 0 ? PingStatus::Interrupted : PingStatus::Failed;
}

void ClientRun::summarize(const Responses& responses) const {
  if (!options_.is_quiet) {
    const Duration elapsed = std::chrono::steady_clock::now() - begin_;
    print_data(fmt::format("{}, {} in {} from {}\n", count_of(responses.payloads, "payload"),
                           count_of(responses.bytes, "byte"), format_duration(elapsed),
                           server_.peer().text()));
  }
}

void ClientRun::show_table(const std::string& bytes) const {
  if (options_.is_quiet) {
    return;
  }
  RunReader reader(ByteSource(std::make_unique<std::istringstream>(bytes)), "the result");
  RunCollection runs;
  runs.add(read_run(reader, "the result", RttClock::Application));
  print_data(render_text(std::array{penalty_table(runs.links()[0], Statistic::minimum())}));
}

// Throws if the server's end was not an orderly one.
void ClientRun::check_end(const Responses& responses) const {
  const std::string after = " after " + count_of(responses.payloads, "payload");
  switch (responses.end) {
    case PingStatus::Closed: {
      const std::string hint =
          responses.payloads > 0 ? "" : "Is it a tcpstep-server, and does its own message say why?";
      if (responses.unfinished_bytes > 0) {
        throw WorldError(fmt::format("the server closed the connection in the middle of a payload, "
                                     "{} into it,{}",
                                     count_of(responses.unfinished_bytes, "byte"), after),
                         hint);
      }
      if (responses.payloads == 0) {
        throw WorldError("the server closed the connection before the first payload", hint);
      }
      return;
    }
    case PingStatus::Timeout:
      throw WorldError(fmt::format("nothing came from the server for {},{}",
                                   format_duration(options_.timeout), after),
                       responses.payloads == 0
                           ? "It may be measuring another client: wait longer with "
                             "--timeout 10min. Or it is no tcpstep-server."
                           : "The path may be down. --timeout sets how long to wait.");
    case PingStatus::Reset:
      throw WorldError("the server reset the connection" + after);
    case PingStatus::Protocol:
      throw WorldError(
          "the server sent a sentinel inside a payload or did not wait for the answer," + after,
          "It does not speak tcpstep's protocol: see docs/protocol.md.");
    case PingStatus::Interrupted:
      StopSignals::die_if_received();
      [[fallthrough]];
    default:
      throw WorldError("the connection failed" + after);
  }
}

}  // namespace tcpstep
