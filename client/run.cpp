#include "client/run.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "client/connect.h"
#include "client/limits.h"
#include "client/outcome.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/path_speed.h"
#include "lib/sweep/responder.h"

namespace tcpstep {
namespace {

// Of a path that is too slow for --time.
void announce_duration(const SweepSpec& sweep, const TcpConnection& server) {
  const auto expected = expected_duration(sweep, speed_of(server));
  if (sweep.time && expected && *expected > *sweep.time + *sweep.time / 4) {
    print_message(fmt::format("tcpstep-client: {} take about {} on this path",
                              count_of(sweep.fewest_rounds(), "round"), rough_duration(*expected)));
  }
}

void ack_classic(TcpConnection& server, const Agreement& agreement, const ClientOptions& options) {
  if (agreement.so_far.end != PingStatus::Ok && agreement.so_far.payloads == 0) {
    check_end(agreement.so_far, options.timeout);  // it said nothing, in no protocol
  }
  if (options.needs_frames) {
    throw WorldError("the server knows only the classic protocol, which has no requests",
                     "Leave out all options of the run, or use tcpstep-server 0.1.0 or later.");
  }
  const auto begin = std::chrono::steady_clock::now();
  AckedPayloads acked = agreement.so_far;
  if (acked.end == PingStatus::Ok) {
    acked = Responder(server, {.received = bytes_of(agreement.rest),
                               .acked = acked.payloads,
                               .limits = {.bytes = options.limits.bytes,
                                          .deadline = begin + options.limits.time}})
                .run();
  }
  if (!options.is_quiet) {
    print_data(summary(acked, std::chrono::steady_clock::now() - begin, server.peer()));
  }
  check_end(acked, options.timeout);
}

}  // namespace

std::string write_lost_run(const NegotiatedRun& run, std::string_view status,
                           const std::optional<BlackHole>& hole) {
  std::optional<TemporaryFolder> temporary;  // of a file that the user did not ask for
  if (!run.output.is_wanted()) {
    temporary.emplace();
  }
  RunHeader header = describe_lost_run(run.settings, run.identity, run.host);
  if (run.settings.sweep.direction == MeasuredDirection::Down) {
    add_place_of_samples(header);
  }
  RunWriter writer(
      temporary ? OutputFile(temporary->path() / "run.csv") : run.output.open(run.settings.sweep),
      header);
  writer.finish(status, run.elapsed(), std::nullopt, trailer_facts(hole));
  run.output.publish();
  return read_file(writer.path());
}

void report_kept(const NegotiatedRun& run, const std::string& file) {
  constexpr std::size_t kDigits = 8;  // of the run's id: enough to find it
  if (!file.empty() && !run.options.is_quiet) {
    print_message(fmt::format("tcpstep-client: kept at the server as {} (run {})",
                              printable(file, 200),
                              printable(run.identity.run_id.substr(0, kDigits))));
  }
}

PingStatus status_of_exception() {
  return StopSignals::received() != 0 ? PingStatus::Interrupted : PingStatus::Failed;
}

std::string send_ready(const NegotiatedRun& run, const std::string& received) {
  FrameStream frames(run.server, run.settings.session, received);
  if (frames.send(Ready{}) != PingStatus::Ok) {
    write_lost_run(run, "reset");
    throw WorldError("the server closed the connection");
  }
  return frames.take_rest();
}

void perform_run(const ClientOptions& options, MeasuredDirection direction, const HostFacts& host,
                 const Secret* secret) {
  ResultOutput output(options.output);
  TcpConnection server = connect_with_retries(options);
  if (!prepare_connection(server, options)) {
    print_message("tcpstep-client: --busy-poll is not permitted here; continuing without it");
  }
  if (!options.is_quiet) {
    print_message(fmt::format("tcpstep-client: connected to {}", server.peer().text()));
  }
  Agreement agreement = negotiate(server, options, direction, host, secret);
  if (agreement.has_asked && agreement.so_far.end != PingStatus::Ok) {
    check_end(agreement.so_far, options.timeout);
    throw WorldError("the server closed the connection before the run");
  }
  if (!agreement.accept) {
    ack_classic(server, agreement, options);
    return;
  }
  check_accept(*agreement.accept, options.limits, server.path_info().mss);
  if (!options.is_quiet) {
    announce_duration(agreement.accept->sweep, server);
  }
  const auto begin = NegotiatedRun::Clock::now();
  const NegotiatedRun run{.options = options,
                          .host = host,
                          .secret = secret,
                          .server = server,
                          .output = output,
                          .token = agreement.accept->token,
                          .pings = agreement.accept->pings,
                          .settings = settings_of(agreement, options, begin),
                          .identity = identity_of(*agreement.accept, server),
                          .begin = begin};
  if (run.settings.sweep.direction == MeasuredDirection::Up) {
    take_part_up(run, agreement.rest);
  } else {
    take_part_down(run, agreement.rest);
  }
}

}  // namespace tcpstep
