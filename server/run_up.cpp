// The client measures, this end sends the acks and keeps the result.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/net/waiting.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/black_hole.h"
#include "lib/sweep/partial_result.h"
#include "lib/sweep/resent_acks.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/result_check.h"
#include "server/run.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// For what a client has measured until this server was told to stop; the server kills this process
// after 10 s.
constexpr PartialPatience kPatience{.silence = 2s, .in_all = 5s};

// A run that broke off leaves a file with its status.
RunOutcome write_lost_run(const ServedRun& run, PingStatus status, std::uint64_t largest = 0) {
  const PathInfo path = run.client.path_info();
  const auto hole = status == PingStatus::Timeout
                        ? suspect_black_hole(largest, run.settings.sweep, path)
                        : std::nullopt;
  RunHeader header = describe_lost_run(run.settings, run.identity, run.host);
  add_place_of_samples(header);
  RunWriter writer(run.open_output(), header);
  const std::string end(end_of_run(status, run.settings));
  writer.finish(end, Duration(0), std::nullopt, trailer_facts(hole));
  return {.status = end,
          .samples = 0,
          .file = writer.path(),
          .causes = {},
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
    trailer = check_result(text, {.facts = describe_lost_run(run.settings, run.identity, run.host),
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
  return {.status = trailer.status, .samples = trailer.samples, .file = file.path(), .causes = {}};
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
    close_fresh_connections(run, kPatience.silence);
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

}  // namespace

RunOutcome ack_up(const ServedRun& run) {
  run.client.set_io_timeout(run.settings.sweep.timeout);
  run.client.set_wait(run.settings.scheduling.wait);
  static_cast<void>(set_congestion_control(run.client.fd(), run.settings.congestion_control));
  FrameStream frames(run.client, run.settings.session);
  if (const PingStatus status = accept_run(run, frames, 0); status != PingStatus::Ok) {
    return outcome_without_file(run, status);
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

}  // namespace tcpstep
