#include "server/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/net/waiting.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/black_hole.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/partial_result.h"
#include "lib/sweep/resent_acks.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/result_check.h"
#include "server/run_end.h"
#include "server/run_identity.h"
#include "server/web_run.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// For what a client has measured until this server was told to stop; the server kills this process
// after 10 s.
constexpr PartialPatience kPatience{.silence = 2s, .in_all = 5s};

struct ServedRun {
  TcpConnection& client;
  const std::optional<Request>& request;  // nothing from a classic client
  const std::optional<Sample>& opening;   // nothing from a browser
  const RunSettings& settings;
  const RunIdentity& identity;
  const std::string& token;
  const ServerOptions& options;
  const HostFacts& host;
  Channel& server;
  const OpenOutput& open_output;
  std::string peer;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  [[nodiscard]] bool is_fresh() const { return settings.sweep.connection == ConnectionMode::Fresh; }
};

// --- The negotiated protocol ---

// So that the client need not guess why nothing more comes.
void send_refusal(const ServedRun& run, const Refuse& refusal) {
  static_cast<void>(FrameStream(run.client, run.settings.session).send(refusal));
}

// Ok once the client is ready.
PingStatus accept_run(const ServedRun& run, FrameStream& frames, std::uint64_t pings) {
  const PingStatus sent =
      frames.send(accept_of(run.identity, run.settings, run.token, run.host, pings));
  if (sent != PingStatus::Ok) {
    return sent;
  }
  const auto received = frames.receive(run.settings.sweep.timeout);
  if (received.status != PingStatus::Ok) {
    return received.status;
  }
  return std::holds_alternative<Ready>(*received.message) ? PingStatus::Ok : PingStatus::Protocol;
}

RunOutcome outcome_without_file(PingStatus status, const RunSettings& settings) {
  return {.status = std::string(end_of_run(status, settings)),
          .samples = 0,
          .file = {},
          .warnings = {}};
}

// --- Down: this end measures ---

// Closes the fresh connections that `server` hands over, until the client's first connection has
// something to read, or for `limit`.
void close_fresh_connections(Channel& server, const TcpConnection& first, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const Duration left = deadline - std::chrono::steady_clock::now();
    if (left <= Duration::zero() || !wait_for_either(server.fd(), first.fd(), left) ||
        is_readable(first.fd()) || !server.receive(Duration::zero()).is_open) {
      return;
    }
  }
}

// Fresh connections, as the server's process hands them over.
class HandedOver : public ConnectionSource {
 public:
  // The client's first connection has nothing to say, but may end.
  HandedOver(Channel& server, TcpConnection& first, Duration limit)
      : server_(server), first_(first), limit_(limit) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    if (wait_for_either(server_.fd(), first_.fd(), limit_) && is_readable(first_.fd())) {
      return first_.stay_idle(Duration::zero());
    }
    auto received = server_.receive(Duration::zero());
    if (requested_stop() != 0 || !received.is_open) {
      return PingStatus::Interrupted;
    }
    connection = std::move(received.connection);
    if (received.was_reset) {
      return PingStatus::Reset;
    }
    return connection ? PingStatus::Ok : PingStatus::Timeout;
  }

  // The client may have made the next one before it sees that there are no more pings.
  void close_others(Duration limit) override { close_fresh_connections(server_, first_, limit); }

 private:
  Channel& server_;
  TcpConnection& first_;
  Duration limit_;
};

RunOutcome measure(const ServedRun& run, SweepSession& session, ConnectionSource* fresh) {
  const SweepSpec& sweep = run.settings.sweep;
  ProgressBar progress("round", std::uint64_t{sweep.rounds} + sweep.warmup_rounds,
                       !run.options.is_quiet && run.options.limits.concurrent_runs == 1);
  return session.measure(
      run.identity, run.open_output,
      [&](const SweepProgress& so_far) { progress.show(so_far.done, so_far.all, so_far.fastest); },
      fresh);
}

RunOutcome measure_classic(const ServedRun& run) {
  SweepSession session(run.client, run.settings, run.host, run.opening);
  return measure(run, session, nullptr);
}

// Under which the server keeps a result; empty if it does not.
std::string name_for_client(const ServedRun& run, const std::filesystem::path& file) {
  return run.options.output == "-" ? std::string() : file.filename().string();
}

void send_result(const ServedRun& run, FrameStream& frames, const RunOutcome& outcome) {
  const std::string bytes = run.request->wants_result ? read_file(outcome.file) : std::string();
  PingStatus sent = frames.send(Result{.status = outcome.status,
                                       .bytes = bytes.size(),
                                       .hash = hash_of(bytes),
                                       .file = name_for_client(run, outcome.file)});
  if (sent == PingStatus::Ok && !bytes.empty()) {
    sent = run.client.send_all(bytes_of(bytes));
  }
  if (sent == PingStatus::Ok) {
    static_cast<void>(run.client.finish(1s));
  }
}

RunOutcome measure_down(const ServedRun& run) {
  SweepSession session(run.client, run.settings, run.host, run.opening);
  FrameStream frames(run.client, run.settings.session);
  if (const PingStatus status = accept_run(run, frames, session.pings());
      status != PingStatus::Ok) {
    return outcome_without_file(status, run.settings);
  }
  HandedOver fresh(run.server, run.client, run.settings.sweep.timeout);
  RunOutcome outcome = measure(run, session, run.is_fresh() ? &fresh : nullptr);
  send_result(run, frames, outcome);
  return outcome;
}

// --- Up: the client measures, this end sends the acks and keeps the result ---

RunHeader header_without_result(const ServedRun& run) {
  return describe_lost_run(run.settings, run.identity,
                           environment_of(run.host, run.settings.is_anonymous));
}

// A run that broke off leaves a file with its status.
RunOutcome write_lost_run(const ServedRun& run, PingStatus status, std::uint64_t largest = 0) {
  const PathInfo path = run.client.path_info();
  const auto hole = status == PingStatus::Timeout
                        ? suspect_black_hole(largest, run.settings.sweep, path)
                        : std::nullopt;
  RunHeader header = header_without_result(run);
  add_place_of_samples(header);
  RunWriter writer(run.open_output(), header);
  const std::string end(end_of_run(status, run.settings));
  writer.finish(end, Duration(0), std::nullopt, trailer_facts(hole));
  return {.status = end,
          .samples = 0,
          .file = writer.path(),
          .warnings = {},
          .black_hole = hole ? describe(*hole, path) : ""};
}

// One ping more may discover the path.
ResponderLimits limits_of(const ServedRun& run) {
  const SweepSpec& sweep = run.settings.sweep;
  return {.payload_bytes = sweep.sizes.largest().bytes(), .payloads = sweep.most_pings() + 1};
}

// `received` becomes what follows the last payload.
AckedPayloads ack_on_one_connection(const ServedRun& run, std::string& received) {
  Responder responder(run.client, {.received = bytes_of(received),
                                   .acked = 0,
                                   .stops_at_frame = true,
                                   .watches_acks = run.settings.has_peer_retransmits,
                                   .limits = limits_of(run)});
  const AckedPayloads acked = responder.run();
  received = text_of(responder.rest());
  return acked;
}

// The end is Ok if the client's first connection has something to read.
AckedPayloads ack_on_fresh_connections(const ServedRun& run) {
  const SweepSpec& sweep = run.settings.sweep;
  AckedPayloads all;
  const auto ended = [&](PingStatus end) {
    all.end = end;
    return all;
  };
  for (;;) {
    if (requested_stop() != 0) {
      return ended(PingStatus::Interrupted);
    }
    if (!wait_for_either(run.server.fd(), run.client.fd(), sweep.timeout + sweep.interval)) {
      return ended(requested_stop() != 0 ? PingStatus::Interrupted : PingStatus::Timeout);
    }
    if (is_readable(run.client.fd())) {
      return all;  // the result, or the end
    }
    auto received = run.server.receive(Duration::zero());
    if (!received.is_open) {
      return ended(PingStatus::Interrupted);
    }
    if (received.connection) {
      received.connection->set_io_timeout(sweep.timeout);
      received.connection->set_wait(run.settings.scheduling.wait);
      // A payload that is sent earlier would be timed together with this hand-over.
      static_cast<void>(FrameStream(*received.connection).send(Ready{}));
      Responder responder(*received.connection, {.watches_acks = run.settings.has_peer_retransmits,
                                                 .limits = limits_of(run)});
      add_ping(all, responder.run(), all.payloads + 1);  // the client knows best what became of it
    }
  }
}

// Checks a result, and writes it.
RunOutcome keep_result(const ServedRun& run, const AckedPayloads& acked, const Result& result,
                       const std::string& text) {
  RunTrailer trailer;
  try {
    trailer = check_result(text, {.facts = header_without_result(run),
                                  .settings = run.settings,
                                  .longest = std::chrono::steady_clock::now() - run.begin,
                                  .status = result.status,
                                  .acked = acked.payloads,
                                  .mss = run.client.peer_mss()});
  } catch (const WorldError& error) {
    send_refusal(run, {.reason = error.what(), .hint = {}});
    RunOutcome outcome = write_lost_run(run, PingStatus::Protocol);
    outcome.fault = error.what();
    return outcome;
  }
  OutputFile file = run.open_output();
  write_copy(file, text);
  file.sync();
  FrameStream frames(run.client, run.settings.session);
  if (frames.send(Stored{.file = name_for_client(run, file.path())}) == PingStatus::Ok) {
    static_cast<void>(run.client.finish(1s));
  }
  return {
      .status = trailer.status, .samples = trailer.samples, .file = file.path(), .warnings = {}};
}

RunOutcome receive_result(const ServedRun& run, const AckedPayloads& acked,
                          const std::string& already_received) {
  FrameStream frames(run.client, run.settings.session, already_received);
  const auto received =
      receive_after_pings(frames, acked.payloads, acked.resent_acks, run.settings.sweep.timeout);
  if (received.status != PingStatus::Ok) {
    return write_lost_run(run, received.status);
  }
  const auto* result = std::get_if<Result>(&*received.message);
  if (result == nullptr) {
    return write_lost_run(run, PingStatus::Protocol);
  }
  const std::uint64_t limit = largest_result(run.settings.sweep.most_pings());
  if (result->bytes > limit) {
    send_refusal(run,
                 {.reason = fmt::format("a result of {} bytes exceeds this server's limit of {}",
                                        result->bytes, limit),
                  .hint = "Ask for fewer pings."});
    return write_lost_run(run, PingStatus::Protocol);
  }
  std::string text;
  if (const PingStatus status = frames.receive_file(text, *result); status != PingStatus::Ok) {
    return write_lost_run(run, status);
  }
  return keep_result(run, acked, *result, text);
}

// After a signal to this end. The file has the status that the client has seen.
RunOutcome receive_partial_result(const ServedRun& run, const AckedPayloads& acked) {
  if (run.is_fresh()) {
    const DespiteStop despite;
    run.client.end_sending();
    close_fresh_connections(run.server, run.client, kPatience.silence);
  }
  const auto partial = fetch_partial_result(
      run.client, run.settings.session, !run.is_fresh() && acked.unfinished_bytes > 0,
      largest_result(run.settings.sweep.most_pings()), kPatience);
  if (!partial) {
    return write_lost_run(run, PingStatus::Interrupted);
  }
  RunOutcome outcome = keep_result(run, acked, partial->announced, partial->bytes);
  outcome.status = end_of_run(PingStatus::Interrupted, run.settings);
  return outcome;
}

RunOutcome ack_up(const ServedRun& run) {
  run.client.set_io_timeout(run.settings.sweep.timeout);
  run.client.set_wait(run.settings.scheduling.wait);
  static_cast<void>(set_congestion_control(run.client.fd(), run.settings.congestion_control));
  FrameStream frames(run.client, run.settings.session);
  if (const PingStatus status = accept_run(run, frames, 0); status != PingStatus::Ok) {
    return outcome_without_file(status, run.settings);
  }
  std::string rest = frames.take_rest();
  const AckedPayloads acked =
      run.is_fresh() ? ack_on_fresh_connections(run) : ack_on_one_connection(run, rest);
  if (acked.end == PingStatus::Interrupted && requested_stop() != 0) {
    return receive_partial_result(run, acked);
  }
  return acked.end == PingStatus::Ok ? receive_result(run, acked, rest)
                                     : write_lost_run(run, acked.end, acked.largest);
}

RunOutcome serve(const ServedRun& run) {
  if (run.identity.protocol == Protocol::WebSocket) {
    return measure_browser({.connection = run.client,
                            .settings = run.settings,
                            .identity = run.identity,
                            .host = run.host,
                            .open_output = run.open_output,
                            .is_kept = run.options.output != "-"});
  }
  if (!run.request) {
    return measure_classic(run);
  }
  try {
    return run.settings.sweep.direction == MeasuredDirection::Up ? ack_up(run) : measure_down(run);
  } catch (const WorldError& error) {
    send_refusal(run, {.reason = error.what(), .hint = error.hint()});
    throw;
  } catch (const std::system_error&) {
    send_refusal(run,
                 {.reason = "the server cannot write the result", .hint = "See its messages."});
    throw;
  }
}

}  // namespace

bool perform_run(RunTask task, const ServerOptions& options, const HostFacts& host, Channel& server,
                 const OpenOutput& open_output, const Log& log) {
  RunSettings& settings = task.client.settings;
  settings.session = task.client.session ? &*task.client.session : nullptr;
  settings.has_peer_retransmits = task.client.request && task.client.request->has_peer_retransmits;
  settings.sweep.seed = settings.sweep.seed ? *settings.sweep.seed : random_seed();
  const ServedRun run{.client = task.client.connection,
                      .request = task.client.request,
                      .opening = task.client.opening,
                      .settings = settings,
                      .identity = task.identity,
                      .token = task.token,
                      .options = options,
                      .host = host,
                      .server = server,
                      .open_output = open_output,
                      .peer = task.client.connection.peer().text()};
  const RunOutcome outcome = serve(run);
  report_outcome(outcome, {.settings = settings,
                           .run_id = task.identity.run_id,
                           .peer = run.peer,
                           .options = options,
                           .log = log,
                           .server = server,
                           .is_quiet_if_failed = task.is_quiet_if_failed});
  return outcome.status == kComplete;
}

}  // namespace tcpstep
