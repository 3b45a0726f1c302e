// The server sends and times; this end answers, and takes the result.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "client/connect.h"
#include "client/run.h"
#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/channel.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/result_check.h"

namespace tcpstep {
namespace {

constexpr std::uint64_t kLargestResult = std::uint64_t{1} << 30U;

}  // namespace

void ClientRun::answer_down() {
  std::string rest;
  FrameStream frames(server_, std::exchange(rest_, {}));
  if (frames.send(Ready{}) != PingStatus::Ok) {
    mark_lost("reset");
    throw WorldError("the server is gone");
  }
  rest = frames.take_rest();
  const Responses responses = negotiation_.accept().sweep.connection == ConnectionMode::Fresh
                                  ? answer_fresh()
                                  : answer_warm(rest);
  if (responses.end != PingStatus::Ok) {
    summarize(responses);
    mark_lost(end_of_run(responses.end, settings()));
    check_end(responses);
    throw WorldError("the server ended the run early");
  }
  take_result(rest, responses);
}

Responses ClientRun::answer_warm(std::string& rest) {
  const Accept& accept = negotiation_.accept();
  const std::uint64_t rounds = std::uint64_t{accept.sweep.rounds} + accept.sweep.warmup_rounds;
  const std::uint64_t pings_of_round = std::max<std::uint64_t>(accept.pings / rounds, 1);
  ProgressBar progress("round", rounds, !options_.is_quiet);
  Responder responder(server_, {.received = bytes_of(rest), .acked = 1, .stops_at_frame = true});
  std::uint64_t end_of_round = 1 + pings_of_round;  // the opening ping came before the rounds
  const Responses responses = responder.run([&] {
    if (responder.so_far().payloads >= end_of_round) {
      progress.show((end_of_round - 1) / pings_of_round, accept.sweep.link);
      end_of_round += pings_of_round;
    }
  });
  rest = text_of(responder.rest());
  return responses;
}

Responses ClientRun::answer_fresh() {
  const Accept& accept = negotiation_.accept();
  ProgressBar progress("ping", accept.pings, !options_.is_quiet);
  Responses all{.payloads = 1, .bytes = 1};
  for (std::uint64_t ping = 0; ping < accept.pings && !is_readable(server_.fd()); ++ping) {
    std::optional<TcpConnection> connection;
    try {
      connection.emplace(join());
    } catch (const std::exception&) {
      if (is_readable(server_.fd())) {  // the server has ended the run meanwhile
        break;
      }
      mark_lost(to_word(failure()));
      StopSignals::die_if_received();
      throw;
    }
    Responder responder(*connection, {.received = bytes_of(rest_)});
    const Responses responses = responder.run();
    all.payloads += responses.payloads;
    all.bytes += responses.bytes;
    if (responses.end != PingStatus::Closed || responses.unfinished_bytes > 0) {
      all.end = responses.end == PingStatus::Ok ? PingStatus::Closed : responses.end;
      all.unfinished_bytes = responses.unfinished_bytes;
      return all;
    }
    progress.show(ping + 1, accept.sweep.link);
  }
  return all;
}

// A connection that belongs to this run. What has come behind the handshake is in rest_.
TcpConnection ClientRun::join() {
  using State = ClientNegotiation::State;
  TcpConnection connection =
      TcpConnection::connect(server_.peer(), options_.timeout, kCongestionControl);
  static_cast<void>(prepare_connection(connection, options_));
  ClientNegotiation joining(Join{.token = negotiation_.accept().token}, secret_);
  std::array<std::byte, 4096> buffer{};
  while (joining.state() != State::Accepted) {
    const auto received = connection.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      throw WorldError(fmt::format("a fresh connection failed: {}", to_word(received.status)));
    }
    const std::string answer = joining.add(std::span(buffer).first(received.bytes));
    const bool is_hopeless = joining.state() == State::Refused ||
                             joining.state() == State::Failed || joining.state() == State::Classic;
    if (is_hopeless || connection.send_all(bytes_of(answer)) != PingStatus::Ok) {
      throw WorldError("a fresh connection was refused: " + joining.refusal().reason +
                       joining.fault());
    }
  }
  rest_ = joining.take_rest();
  return connection;
}

void ClientRun::take_result(const std::string& rest, const Responses& responses) {
  FrameStream frames(server_, rest);
  const auto received = frames.receive(options_.timeout);
  const auto* result = received.message ? std::get_if<Result>(&*received.message) : nullptr;
  std::string bytes;
  PingStatus status = received.status;
  if (result != nullptr && result->bytes <= kLargestResult) {
    status = frames.receive_bytes(bytes, result->bytes);
  }
  summarize(responses);
  if (received.message && std::holds_alternative<Refuse>(*received.message)) {
    mark_lost(to_word(PingStatus::Failed));
    const auto& refusal = std::get<Refuse>(*received.message);
    throw WorldError(refusal.reason, refusal.hint);
  }
  if (status != PingStatus::Ok || result == nullptr || bytes.size() != result->bytes) {
    mark_lost(end_of_run(status == PingStatus::Ok ? PingStatus::Protocol : status, settings()));
    StopSignals::die_if_received();
    throw WorldError("the result did not arrive: " +
                     (frames.fault().empty() ? std::string(to_word(status)) : frames.fault()));
  }
  const RunTrailer trailer = check(bytes);
  keep(bytes);
  show_table(bytes);
  if (trailer.status != kComplete) {
    throw WorldError(fmt::format("the server ended the run early ({})", trailer.status));
  }
}

// What another host says is looked at before it is kept or shown.
RunTrailer ClientRun::check(const std::string& bytes) {
  try {
    return check_result(bytes, {.facts = describe_lost(),
                                .settings = settings(),
                                .longest = std::chrono::steady_clock::now() - begin_});
  } catch (const WorldError& error) {
    mark_lost(to_word(PingStatus::Protocol));
    throw WorldError(fmt::format("the server sent no result of this run: {}", error.what()));
  }
}

// Byte for byte what the server has.
void ClientRun::keep(const std::string& bytes) {
  if (!options_.output.empty()) {
    OutputFile file = open_output();
    file.append(bytes);
    file.sync();
  }
}

}  // namespace tcpstep
