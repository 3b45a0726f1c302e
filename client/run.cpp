#include "client/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "client/connect.h"
#include "client/outcome.h"
#include "client/partial.h"
#include "client/presentation.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/waiting.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/black_hole.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/resent_acks.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/result_check.h"
#include "lib/sweep/sweep_session.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kLargestResult = std::uint64_t{1} << 30U;

// A run that the server has accepted.
struct NegotiatedRun {
  const ClientOptions& options;
  const HostFacts& host;
  const Secret* secret;
  TcpConnection& server;
  ResultOutput& output;
  std::string token;
  std::uint64_t pings;  // of a run that the server measures
  RunSettings settings;
  RunIdentity identity;
  Clock::time_point begin;

  [[nodiscard]] Duration elapsed() const { return Clock::now() - begin; }
  [[nodiscard]] bool is_fresh() const { return settings.sweep.connection == ConnectionMode::Fresh; }
};

// The facts that the server's result has to agree with, and the header if there is none.
RunHeader header_without_result(const NegotiatedRun& run) {
  return describe_lost_run(run.settings, run.identity,
                           environment_of(run.host, run.settings.is_anonymous));
}

// A run that broke off leaves a file with its status.
void write_lost_run(const NegotiatedRun& run, std::string_view status,
                    const std::optional<BlackHole>& hole = std::nullopt) {
  if (run.output.is_wanted()) {
    RunWriter writer(run.output.open(run.settings.sweep), header_without_result(run));
    writer.finish(status, run.elapsed(), std::nullopt, trailer_facts(hole));
    run.output.publish();
  }
}

PingStatus status_of_exception() {
  return StopSignals::received() != 0 ? PingStatus::Interrupted : PingStatus::Failed;
}

// Sends `ready`. Returns what the server has sent already.
std::string send_ready(const NegotiatedRun& run, const std::string& received) {
  FrameStream frames(run.server, received);
  if (frames.send(Ready{}) != PingStatus::Ok) {
    write_lost_run(run, "reset");
    throw WorldError("the server closed the connection");
  }
  return frames.take_rest();
}

void ack_classic(TcpConnection& server, const Agreement& agreement, const ClientOptions& options) {
  if (options.needs_frames) {
    throw WorldError(
        "the server speaks the classic protocol only: a client cannot request anything",
        "Leave out all options of the run, or use tcpstep-server 0.1.0 or later.");
  }
  const auto begin = Clock::now();
  Responses responses = agreement.so_far;
  if (responses.end == PingStatus::Ok) {
    responses = Responder(server, {.received = bytes_of(agreement.rest),
                                   .acked = responses.payloads,
                                   .stops_at_frame = false})
                    .run();
  }
  if (!options.is_quiet) {
    print_data(summary(responses, Clock::now() - begin, server.peer()));
  }
  check_end(responses, options.timeout);
}

// --- Down: the server measures, this end sends the acks and receives the result ---

// `received` becomes what follows the last payload.
Responses ack_on_one_connection(const NegotiatedRun& run, std::string& received) {
  const SweepSpec& sweep = run.settings.sweep;
  const std::uint64_t rounds = std::uint64_t{sweep.rounds} + sweep.warmup_rounds;
  const std::uint64_t pings_per_round = std::max<std::uint64_t>(run.pings / rounds, 1);
  ProgressBar progress("round", rounds, !run.options.is_quiet);
  Responder responder(run.server, {.received = bytes_of(received),
                                   .acked = 1,
                                   .stops_at_frame = true,
                                   .watches_acks = run.settings.has_peer_retransmits});
  std::uint64_t end_of_round = 1 + pings_per_round;  // the opening ping came before the rounds
  const Responses responses = responder.run([&] {
    if (responder.so_far().payloads >= end_of_round) {
      progress.show((end_of_round - 1) / pings_per_round, sweep.link);
      end_of_round += pings_per_round;
    }
  });
  received = text_of(responder.rest());
  return responses;
}

// A frame in place of a payload: why a fresh connection is refused.
[[noreturn]] void throw_refusal(TcpConnection& connection, const std::string& received,
                                Duration limit) {
  const auto [status, message] = FrameStream(connection, received).receive(limit);
  const auto* refusal = message ? std::get_if<Refuse>(&*message) : nullptr;
  throw WorldError("a fresh connection was refused: " +
                       (refusal != nullptr ? refusal->reason : "unexpected data from the server"),
                   refusal != nullptr ? refusal->hint : "");
}

Responses ack_on_fresh_connections(const NegotiatedRun& run) {
  ProgressBar progress("ping", run.pings, !run.options.is_quiet);
  Responses all{.payloads = 1, .bytes = 1};
  for (std::uint64_t ping = 0; ping < run.pings && !is_readable(run.server.fd()); ++ping) {
    std::optional<FreshConnection> fresh;
    try {
      fresh.emplace(join_run(run.server.peer(), run.token, run.options, run.secret));
    } catch (const std::exception&) {
      if (is_readable(run.server.fd())) {  // the server has ended the run meanwhile
        break;
      }
      write_lost_run(run, to_word(status_of_exception()));
      StopSignals::die_if_received();
      throw;
    }
    Responder responder(fresh->connection, {.received = bytes_of(fresh->rest),
                                            .acked = 0,
                                            .stops_at_frame = true,
                                            .watches_acks = run.settings.has_peer_retransmits});
    const Responses responses = responder.run();
    if (!responder.rest().empty()) {
      write_lost_run(run, to_word(PingStatus::Failed));
      throw_refusal(fresh->connection, text_of(responder.rest()), run.options.timeout);
    }
    add_ping(all, responses, ping + 1);
    if (responses.end != PingStatus::Closed || responses.unfinished_bytes > 0) {
      all.end = responses.end == PingStatus::Ok ? PingStatus::Closed : responses.end;
      all.unfinished_bytes = responses.unfinished_bytes;
      return all;
    }
    progress.show(ping + 1, run.settings.sweep.link);
  }
  return all;
}

struct ReceivedResult {
  PingStatus status;
  std::string bytes;  // the whole file if `status` is Ok
  std::optional<Refuse> refusal;
  std::string fault;  // why `status` is not Ok, if that is known
};

ReceivedResult receive_result(TcpConnection& server, const Responses& responses,
                              const std::string& received, Duration limit) {
  FrameStream frames(server, received);
  const auto [status, message] =  // the opening ping is not one of the run's
      receive_after_pings(frames, responses.payloads - 1, responses.resent_acks, limit);
  if (status != PingStatus::Ok) {
    return {status, {}, std::nullopt, frames.fault()};
  }
  if (const auto* refusal = std::get_if<Refuse>(&*message)) {
    return {PingStatus::Failed, {}, *refusal, {}};
  }
  const auto* result = std::get_if<Result>(&*message);
  if (result == nullptr || result->bytes > kLargestResult) {
    return {PingStatus::Protocol, {}, std::nullopt, {}};
  }
  ReceivedResult whole{PingStatus::Ok, {}, std::nullopt, {}};
  whole.status = frames.receive_bytes(whole.bytes, result->bytes);
  return whole;
}

// Data from another host is checked before it is kept or shown.
RunTrailer check_received(const NegotiatedRun& run, const std::string& result) {
  try {
    return check_result(
        result,
        {.facts = header_without_result(run), .settings = run.settings, .longest = run.elapsed()});
  } catch (const WorldError& error) {
    write_lost_run(run, to_word(PingStatus::Protocol));
    throw WorldError(fmt::format("the server sent an invalid result: {}", error.what()));
  }
}

void take_part_down(const NegotiatedRun& run, const std::string& received) {
  std::string rest = send_ready(run, received);
  const Responses responses =
      run.is_fresh() ? ack_on_fresh_connections(run) : ack_on_one_connection(run, rest);
  ReceivedResult result{responses.end, {}, std::nullopt, {}};
  if (responses.end == PingStatus::Interrupted && !run.is_fresh()) {
    if (auto partial = fetch_partial_result(run.server, responses)) {
      result = {PingStatus::Ok, std::move(*partial), std::nullopt, {}};
    }
  } else if (responses.end == PingStatus::Ok) {
    result = receive_result(run.server, responses, rest, run.options.timeout);
  }
  const PathInfo path = run.server.path_info();
  const auto hole = responses.end == PingStatus::Timeout
                        ? suspect_black_hole(responses.largest, run.settings.sweep, path)
                        : std::nullopt;
  if (result.status != PingStatus::Ok) {
    write_lost_run(
        run, result.refusal ? to_word(PingStatus::Failed) : end_of_run(result.status, run.settings),
        hole);
  }
  if (hole) {
    throw WorldError(fmt::format("no data from the server for {}: {}",
                                 format_duration(run.options.timeout), describe(*hole, path)),
                     std::string(kBlackHoleRemedy));
  }
  if (responses.end != PingStatus::Ok && result.status != PingStatus::Ok) {
    check_end(responses, run.options.timeout);
    throw WorldError("the server ended the run early");
  }
  if (result.refusal) {
    throw WorldError(result.refusal->reason, result.refusal->hint);
  }
  if (result.status != PingStatus::Ok) {
    StopSignals::die_if_received();
    throw WorldError("the result did not arrive: " +
                     (result.fault.empty() ? std::string(to_word(result.status)) : result.fault));
  }
  const RunTrailer trailer = check_received(run, result.bytes);
  if (run.output.is_wanted()) {  // byte for byte what the server has
    OutputFile file = run.output.open(run.settings.sweep);
    file.append(result.bytes);
    file.sync();
    run.output.publish();
  }
  present(run.options, run.output, result.bytes);
  StopSignals::die_if_received();
  if (trailer.status != kComplete) {
    throw WorldError(fmt::format("the server ended the run early ({})", trailer.status));
  }
}

// --- Up: this end measures, the server sends the acks and keeps the result ---

// Fresh connections, each made and joined to the run just before its ping.
class JoiningSource : public ConnectionSource {
 public:
  explicit JoiningSource(const NegotiatedRun& run) : run_(run) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    if (StopSignals::received() != 0) {
      return PingStatus::Interrupted;
    }
    std::string rest;
    try {
      FreshConnection fresh = join_run(run_.server.peer(), run_.token, run_.options, run_.secret);
      connection.emplace(std::move(fresh.connection));
      rest = std::move(fresh.rest);
    } catch (const std::exception& error) {
      fault_ = error.what();
      return status_of_exception();
    }
    FrameStream frames(*connection, rest);
    const auto received = frames.receive(run_.options.timeout);
    if (received.status != PingStatus::Ok) {
      return received.status;
    }
    if (const auto* refusal = std::get_if<Refuse>(&*received.message)) {
      fault_ = "a fresh connection was refused: " + refusal->reason + ". " + refusal->hint;
      return PingStatus::Failed;
    }
    const bool is_ready = std::holds_alternative<Ready>(*received.message);
    return is_ready && frames.take_rest().empty() ? PingStatus::Ok : PingStatus::Protocol;
  }

  // Why there was no next one, if that is known.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const NegotiatedRun& run_;
  std::string fault_;
};

// Sends the result, and waits until the server has stored it.
FrameStream::Received deliver(const NegotiatedRun& run, const std::string& status,
                              const std::string& result) {
  FrameStream frames(run.server);
  PingStatus sent = frames.send(Result{.status = status, .bytes = result.size()});
  if (sent == PingStatus::Ok) {
    sent = run.server.send_all(bytes_of(result));
  }
  return sent == PingStatus::Ok ? frames.receive(run.options.timeout)
                                : FrameStream::Received{sent, std::nullopt};
}

void take_part_up(const NegotiatedRun& run, const std::string& received) {
  SweepSession session(run.server, run.settings, run.host, std::nullopt);
  if (!send_ready(run, received).empty()) {
    write_lost_run(run, to_word(PingStatus::Protocol));
    throw WorldError("unexpected data from the server");
  }
  const SweepSpec& sweep = run.settings.sweep;
  ProgressBar progress("round", std::uint64_t{sweep.rounds} + sweep.warmup_rounds,
                       !run.options.is_quiet);
  std::optional<TemporaryFolder> temporary;  // of a result that the user did not ask for
  if (!run.output.is_wanted()) {
    temporary.emplace();
  }
  JoiningSource fresh(run);
  const RunOutcome outcome = session.measure(
      run.identity,
      [&] {
        return temporary ? OutputFile(temporary->path() / "result.csv") : run.output.open(sweep);
      },
      [&](std::uint32_t done, std::uint32_t) { progress.show(done, sweep.link); },
      run.is_fresh() ? &fresh : nullptr);
  const std::string result = read_file(outcome.file);
  const auto reply = deliver(run, outcome.status, result);
  run.output.publish();
  present(run.options, run.output, result);
  StopSignals::die_if_received();
  if (!outcome.black_hole.empty()) {
    throw WorldError(outcome.black_hole, std::string(kBlackHoleRemedy));
  }
  if (outcome.status != kComplete) {
    throw WorldError(fmt::format("the run ended early ({})", outcome.status), fresh.fault());
  }
  if (reply.message && std::holds_alternative<Refuse>(*reply.message)) {
    const auto& refusal = std::get<Refuse>(*reply.message);
    throw WorldError("the server did not accept the result: " + refusal.reason, refusal.hint);
  }
  if (!reply.message || !std::holds_alternative<Stored>(*reply.message)) {
    throw WorldError(
        fmt::format("the server did not confirm the result: {}", to_word(reply.status)));
  }
}

}  // namespace

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
  const Agreement agreement = negotiate(server, options, direction, host, secret);
  if (agreement.has_asked && agreement.so_far.end != PingStatus::Ok) {
    check_end(agreement.so_far, options.timeout);
    throw WorldError("the server closed the connection before the run");
  }
  if (!agreement.accept) {
    ack_classic(server, agreement, options);
    return;
  }
  const auto begin = Clock::now();
  const NegotiatedRun run{
      .options = options,
      .host = host,
      .secret = secret,
      .server = server,
      .output = output,
      .token = agreement.accept->token,
      .pings = agreement.accept->pings,
      .settings = settings_of(*agreement.accept, agreement.limits, options, begin),
      .identity = identity_of(*agreement.accept),
      .begin = begin};
  if (run.settings.sweep.direction == MeasuredDirection::Up) {
    take_part_up(run, agreement.rest);
  } else {
    take_part_down(run, agreement.rest);
  }
}

}  // namespace tcpstep
