#include "client/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <utility>

#include "client/connect.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/parse.h"
#include "lib/cli/print.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/channel.h"
#include "lib/report/render.h"
#include "lib/runfile/run_reader.h"
#include "lib/runfile/run_writer.h"
#include "lib/session/frame_stream.h"
#include "lib/session/result_check.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;
constexpr Duration kPatienceInQueue = 60s;   // the server says every ten seconds that it is there
constexpr std::uint64_t kLongDay = 100'000;  // seconds: no limit is longer
constexpr std::uint64_t kLargestResult = std::uint64_t{1} << 30U;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Request request_for(const ClientOptions& options, MeasuredDirection direction,
                    const HostFacts& host) {
  Request request = options.request;
  request.direction = direction;
  request.tool = version_and_git();
  request.environment = environment_of(host, false);
  return request;
}

// A bad path must fail before the long part; in a folder, names come with the run.
bool is_one_file(const ClientOptions& options) {
  return !options.output.empty() && !std::filesystem::is_directory(options.output);
}

// The name of a file that is needed for the time of a run only.
class TemporaryPath {
 public:
  TemporaryPath() = default;
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  ~TemporaryPath() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("tcpstep-" + random_hex(8) + ".csv");
};

// What became of a run that could not go on.
PingStatus failure() {
  return StopSignals::received() != 0 ? PingStatus::Interrupted : PingStatus::Failed;
}

void die_if_stopped() {
  if (StopSignals::received() != 0) {
    StopSignals::die_of(StopSignals::received());
  }
}

}  // namespace

ClientRun::ClientRun(const ClientOptions& options, MeasuredDirection direction,
                     const HostFacts& host, const Secret* secret)
    : options_(options),
      host_(host),
      secret_(secret),
      output_(is_one_file(options) ? std::optional<OutputFile>(options.output) : std::nullopt),
      server_(connect_with_retries(options)),
      negotiation_(request_for(options, direction, host), secret) {
  if (!prepare_connection(server_, options_)) {
    print_words("tcpstep-client: --busy-poll is not permitted here, the client goes on without it");
  }
  if (!options_.is_quiet) {
    print_words(fmt::format("tcpstep-client: connected to {}", server_.peer().text()));
  }
}

void ClientRun::perform() {
  negotiate();
  begin_ = std::chrono::steady_clock::now();
  if (negotiation_.state() == ClientNegotiation::State::Classic) {
    answer_classic();
  } else {
    take_part();
  }
}

// Until it is known what will be done. Throws if nothing will.
void ClientRun::negotiate() {
  using State = ClientNegotiation::State;
  std::vector<std::byte> buffer(kReadAtOnce);
  std::optional<std::uint64_t> told;
  for (;;) {
    const auto received = server_.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      const std::uint64_t answered = negotiation_.has_answered() ? 1 : 0;
      const Responses responses{.payloads = answered, .bytes = answered, .end = received.status};
      if (negotiation_.has_asked()) {
        check_end(responses);
        throw WorldError("the server closed the connection before the run");
      }
      summarize(responses);
      check_end(responses);
      return;
    }
    const std::string answer = negotiation_.add(std::span(buffer).first(received.bytes));
    if (const PingStatus sent = server_.send_all(bytes_of(answer)); sent != PingStatus::Ok) {
      check_end({.payloads = 1, .bytes = 1, .end = sent});
    }
    switch (negotiation_.state()) {
      case State::Waiting:
        server_.set_io_timeout(std::max(options_.timeout, kPatienceInQueue));
        say_place(told);
        break;
      case State::Accepted:
        server_.set_io_timeout(options_.timeout);
        [[fallthrough]];
      case State::Classic:
        rest_ = negotiation_.take_rest();
        return;
      case State::Refused:
        throw WorldError("the server refused: " + negotiation_.refusal().reason,
                         negotiation_.refusal().hint);
      case State::Failed:
        throw WorldError("the server does not keep to the protocol: " + negotiation_.fault());
      default:
        break;
    }
  }
}

void ClientRun::say_place(std::optional<std::uint64_t>& told) const {
  if (negotiation_.ahead() != told && !options_.is_quiet && negotiation_.ahead().value_or(0) > 0) {
    print_words(fmt::format("tcpstep-client: waiting, {} before us",
                            count_of(*negotiation_.ahead(), "client")));
  }
  told = negotiation_.ahead();
}

void ClientRun::answer_classic() {
  if (options_.needs_frames) {
    throw WorldError(
        "the server speaks the classic protocol only, in which a client cannot ask for anything",
        "Leave out all options of the run, or use tcpstep-server 0.1.0 or later.");
  }
  Responder responder(server_, {.received = bytes_of(rest_),
                                .answered = negotiation_.has_answered() ? std::uint64_t{1} : 0,
                                .stops_at_frame = false});
  const Responses responses = responder.run();
  summarize(responses);
  check_end(responses);
}

void ClientRun::take_part() {
  const Accept& accept = negotiation_.accept();
  const auto& wanted = accept.direction;
  if (wanted == MeasuredDirection::Up) {
    measure_up();
  } else {
    answer_down();
  }
}

RunSettings ClientRun::settings() const {
  const Accept& accept = negotiation_.accept();
  RunSettings settings;
  settings.sweep = {.sizes = {},
                    .rounds = static_cast<std::uint32_t>(accept.rounds),
                    .warmup_rounds = static_cast<std::uint32_t>(accept.warmup_rounds),
                    .order = accept.order == "shuffled" ? Order::Shuffled : Order::Ascending};
  try {
    settings.sizes = parse_sizes(accept.sizes);
  } catch (const UsageError& error) {
    throw WorldError(fmt::format("the server wants to measure what cannot be: {}", error.what()));
  }
  settings.sizes_text = accept.sizes;
  settings.seed = accept.seed;
  settings.interval = accept.interval;
  settings.timeout = accept.timeout;
  if (const std::uint64_t limit = negotiation_.limits().seconds; limit > 0 && limit <= kLongDay) {
    settings.deadline = begin_ + std::chrono::seconds(limit);
  }
  settings.fill = accept.fill == "zero" ? Fill::Zero : Fill::Random;
  settings.congestion_control = kCongestionControl;
  settings.scheduling = options_.this_host.scheduling;
  settings.busy_poll = options_.this_host.busy_poll;
  settings.link = accept.link.empty() ? "unnamed" : accept.link;
  settings.label = accept.label;
  settings.is_anonymous = accept.is_anonymous;
  return settings;
}

RunIdentity ClientRun::identity() const {
  const Accept& accept = negotiation_.accept();
  return {.run_id = accept.run_id,
          .is_negotiated = true,
          .direction = accept.direction,
          .connection = accept.connection,
          .concurrent_runs = accept.concurrent_runs,
          .peer = accept.environment};
}

OutputFile ClientRun::open_output() {
  if (output_) {
    return std::move(*output_);
  }
  const RunSettings names = settings();
  return create_run_file(options_.output, names.link, names.label);
}

void ClientRun::answer_down() {
  std::string rest;
  FrameStream frames(server_, std::exchange(rest_, {}));
  if (frames.send(Ready{}) != PingStatus::Ok) {
    mark_lost("reset");
    throw WorldError("the server is gone");
  }
  rest = frames.take_rest();
  const Responses responses = negotiation_.accept().connection == ConnectionMode::Fresh
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
  const std::uint64_t rounds = accept.rounds + accept.warmup_rounds;
  const std::uint64_t pings_of_round = std::max<std::uint64_t>(accept.pings / rounds, 1);
  ProgressBar progress("round", rounds, !options_.is_quiet);
  Responder responder(server_, {.received = bytes_of(rest), .answered = 1, .stops_at_frame = true});
  std::uint64_t end_of_round = 1 + pings_of_round;  // the opening ping came before the rounds
  const Responses responses = responder.run([&] {
    if (responder.so_far().payloads >= end_of_round) {
      progress.show((end_of_round - 1) / pings_of_round, accept.link);
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
      die_if_stopped();
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
    progress.show(ping + 1, accept.link);
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
    die_if_stopped();
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

// Fresh connections of an upward run: each made and joined just before its ping.
class ClientRun::Joining : public ConnectionSource {
 public:
  explicit Joining(ClientRun& run) : run_(run) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    if (StopSignals::received() != 0) {
      return PingStatus::Interrupted;
    }
    try {
      connection.emplace(run_.join());
    } catch (const std::exception& error) {
      fault_ = error.what();
      return failure();
    }
    FrameStream frames(*connection, std::exchange(run_.rest_, {}));
    const auto answer = frames.receive(run_.options_.timeout);
    if (answer.status != PingStatus::Ok) {
      return answer.status;
    }
    const bool is_ready = std::holds_alternative<Ready>(*answer.message);
    return is_ready && frames.take_rest().empty() ? PingStatus::Ok : PingStatus::Protocol;
  }

  // Why there was no next one, if that is known.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  ClientRun& run_;
  std::string fault_;
};

void ClientRun::measure_up() {
  const RunSettings run_settings = settings();
  SweepSession session(server_, run_settings, host_, std::nullopt);
  FrameStream frames(server_, std::exchange(rest_, {}));
  PingStatus status = frames.send(Ready{});
  if (status != PingStatus::Ok || !frames.take_rest().empty()) {
    mark_lost("reset");
    throw WorldError("the server is gone");
  }
  ProgressBar progress("round", run_settings.sweep.rounds + run_settings.sweep.warmup_rounds,
                       !options_.is_quiet);
  std::optional<TemporaryPath> temporary;
  if (options_.output.empty()) {
    temporary.emplace();
  }
  Joining fresh(*this);
  const RunOutcome outcome = session.measure(
      identity(), [&] { return temporary ? OutputFile(temporary->path()) : open_output(); },
      [&](std::uint32_t done, std::uint32_t) { progress.show(done, run_settings.link); },
      negotiation_.accept().connection == ConnectionMode::Fresh ? &fresh : nullptr);
  std::ifstream file(outcome.file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  temporary.reset();
  status = frames.send(Result{.status = outcome.status, .bytes = bytes.size()});
  status = status == PingStatus::Ok ? server_.send_all(bytes_of(bytes)) : status;
  const auto answer = status == PingStatus::Ok ? frames.receive(options_.timeout)
                                               : FrameStream::Received{status, std::nullopt};
  show_table(bytes);
  die_if_stopped();
  if (outcome.status != kComplete) {
    throw WorldError(fmt::format("the run ended early ({})", outcome.status), fresh.fault());
  }
  if (answer.message && std::holds_alternative<Refuse>(*answer.message)) {
    const auto& refusal = std::get<Refuse>(*answer.message);
    throw WorldError("the server did not take the result: " + refusal.reason, refusal.hint);
  }
  if (!answer.message || !std::holds_alternative<Stored>(*answer.message)) {
    throw WorldError(
        fmt::format("nobody knows whether the server has the result: {}", to_word(answer.status)));
  }
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
  runs.add(reader);
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
      if (StopSignals::received() != 0) {
        StopSignals::die_of(StopSignals::received());
      }
      [[fallthrough]];
    default:
      throw WorldError("the connection failed" + after);
  }
}

}  // namespace tcpstep
