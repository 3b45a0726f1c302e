#include "server/run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/print.h"
#include "lib/cli/progress_bar.h"
#include "lib/report/render.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/result_check.h"
#include "server/examination.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReportedClasses = 64;
constexpr std::uint64_t kLongestRow = 256;  // bytes
constexpr std::uint64_t kLongestHeader = std::uint64_t{2} << 20U;

// What a status of a run means for its client.
std::string explain(const std::string& status, Duration timeout) {
  if (status == "timeout") {
    return fmt::format("the client did not answer within {}", format_duration(timeout));
  }
  if (status == "reset") {
    return "the connection was reset";
  }
  if (status == "closed") {
    return "the client closed the connection before it had answered";
  }
  if (status == "protocol") {
    return "unexpected data from the client";
  }
  if (status == kLimit) {
    return "the run took longer than --max-time";
  }
  return "the run ended early (" + status + ")";
}

std::string read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Fresh connections, as the server's process hands them over.
class HandedOver : public ConnectionSource {
 public:
  HandedOver(Channel& server, Duration patience) : server_(server), patience_(patience) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    auto received = server_.receive(patience_);
    if (requested_stop() != 0 || !received.is_open) {
      return PingStatus::Interrupted;
    }
    connection = std::move(received.connection);
    return connection ? PingStatus::Ok : PingStatus::Timeout;
  }

 private:
  Channel& server_;
  Duration patience_;
};

}  // namespace

std::string to_message(const RunReport& report) {
  nlohmann::json minima = nlohmann::json::array();
  for (const auto& [segments, rtt] : report.minima) {
    minima.push_back({segments, rtt.count()});
  }
  return nlohmann::json{{"status", report.status}, {"link", report.link}, {"minima", minima}}
      .dump();
}

RunReport report_in(std::string_view message) {
  const auto json = nlohmann::json::parse(message);
  RunReport report{.status = json.at("status"), .link = json.at("link"), .minima = {}};
  for (const auto& entry : json.at("minima")) {
    report.minima.emplace_back(entry.at(0), Duration(entry.at(1).get<Duration::rep>()));
  }
  return report;
}

ServerRun::ServerRun(RunTask task, const ServerOptions& options, const HostFacts& host,
                     Channel& server, OpenOutput open_output, const Log& log)
    : task_(std::move(task)),
      options_(options),
      host_(host),
      server_(server),
      open_output_(std::move(open_output)),
      log_(log),
      client_(task_.candidate.connection),
      settings_(task_.candidate.settings),
      peer_(client_.peer().text()) {}

bool ServerRun::perform() {
  settings_.sweep.seed = settings_.sweep.seed ? *settings_.sweep.seed : random_seed();
  const RunOutcome outcome = measure();
  report(outcome);
  return outcome.status == kComplete;
}

RunOutcome ServerRun::measure() {
  if (!task_.candidate.request) {
    return measure_classic();
  }
  try {
    return settings_.sweep.direction == MeasuredDirection::Up ? answer_up() : measure_down();
  } catch (const WorldError& error) {
    refuse({.reason = error.what(), .hint = error.hint()});
    throw;
  } catch (const std::system_error&) {
    refuse({.reason = "the server cannot write the result", .hint = "Its own messages say why."});
    throw;
  }
}

// So that the client need not guess why nothing more comes.
void ServerRun::refuse(const Refuse& words) {
  static_cast<void>(FrameStream(client_).send(words));
}

RunOutcome ServerRun::measure_classic() {
  SweepSession session(client_, settings_, host_, task_.candidate.opening);
  ProgressBar progress("round", settings_.sweep.rounds + settings_.sweep.warmup_rounds,
                       !options_.is_quiet && options_.limits.concurrent_runs == 1);
  return session.measure(task_.identity, open_output_, [&](std::uint32_t done, std::uint32_t) {
    progress.show(done, settings_.sweep.link);
  });
}

Accept ServerRun::accept_message(const SweepSession* session) const {
  return {.run_id = task_.identity.run_id,
          .token = task_.token,
          .sweep = settings_.sweep,
          .pings = session == nullptr ? 0 : session->pings(),
          .concurrent_runs = task_.identity.concurrent_runs,
          .is_anonymous = settings_.is_anonymous,
          .environment = [this] {
            Environment facts = environment_of(host_, settings_.is_anonymous);
            facts.emplace("tool", version_and_git());
            return facts;
          }()};
}

std::string ServerRun::wait_until_ready(FrameStream& frames, const Accept& accept) {
  PingStatus status = frames.send(accept);
  if (status == PingStatus::Ok) {
    const auto received = frames.receive(settings_.sweep.timeout);
    status = received.status;
    if (status == PingStatus::Ok && !std::holds_alternative<Ready>(*received.message)) {
      status = PingStatus::Protocol;
    }
  }
  return status == PingStatus::Ok ? std::string() : std::string(end_of_run(status, settings_));
}

RunOutcome ServerRun::measure_down() {
  SweepSession session(client_, settings_, host_, task_.candidate.opening);
  FrameStream frames(client_);
  if (const std::string status = wait_until_ready(frames, accept_message(&session));
      !status.empty()) {
    return {.status = status, .samples = 0, .file = {}, .warnings = {}};
  }
  ProgressBar progress("round", settings_.sweep.rounds + settings_.sweep.warmup_rounds,
                       !options_.is_quiet && options_.limits.concurrent_runs == 1);
  HandedOver fresh(server_, settings_.sweep.timeout);
  RunOutcome outcome = session.measure(
      task_.identity, open_output_,
      [&](std::uint32_t done, std::uint32_t) { progress.show(done, settings_.sweep.link); },
      settings_.sweep.connection == ConnectionMode::Fresh ? &fresh : nullptr);
  send_result(frames, outcome);
  return outcome;
}

void ServerRun::send_result(FrameStream& frames, const RunOutcome& outcome) {
  const std::string bytes =
      task_.candidate.request->wants_result ? read_whole(outcome.file) : std::string();
  PingStatus sent = frames.send(Result{.status = outcome.status, .bytes = bytes.size()});
  if (sent == PingStatus::Ok && !bytes.empty()) {
    sent = client_.send_all(bytes_of(bytes));
  }
  if (sent == PingStatus::Ok) {
    static_cast<void>(client_.finish(1s));
  }
}

RunOutcome ServerRun::answer_up() {
  client_.set_io_timeout(settings_.sweep.timeout);
  client_.set_wait(settings_.scheduling.wait);
  static_cast<void>(client_.set_congestion_control(settings_.congestion_control));
  FrameStream frames(client_);
  if (const std::string status = wait_until_ready(frames, accept_message(nullptr));
      !status.empty()) {
    return {.status = status, .samples = 0, .file = {}, .warnings = {}};
  }
  std::string rest = frames.take_rest();
  const PingStatus status =
      settings_.sweep.connection == ConnectionMode::Fresh ? answer_fresh() : answer_warm(rest);
  if (status != PingStatus::Ok) {
    return mark_lost(end_of_run(status, settings_));
  }
  FrameStream results(client_, rest);
  return take_result(results);
}

PingStatus ServerRun::answer_warm(std::string& rest) {
  Responder responder(client_, {.received = bytes_of(rest), .acked = 0, .stops_at_frame = true});
  const Responses responses = responder.run();
  rest = text_of(responder.rest());
  return rest.empty() ? responses.end : PingStatus::Ok;
}

PingStatus ServerRun::answer_fresh() {
  for (;;) {
    if (requested_stop() != 0) {
      return PingStatus::Interrupted;
    }
    if (!wait_for_either(server_.fd(), client_.fd(),
                         settings_.sweep.timeout + settings_.sweep.interval)) {
      return requested_stop() != 0 ? PingStatus::Interrupted : PingStatus::Timeout;
    }
    if (is_readable(client_.fd())) {
      return PingStatus::Ok;  // the result, or the end
    }
    auto received = server_.receive(Duration::zero());
    if (!received.is_open) {
      return PingStatus::Interrupted;
    }
    if (received.connection) {
      received.connection->set_io_timeout(settings_.sweep.timeout);
      received.connection->set_wait(settings_.scheduling.wait);
      // Before that the payload would find nobody here, and the way here would be timed with it.
      static_cast<void>(FrameStream(*received.connection).send(Ready{}));
      Responder responder(*received.connection);
      static_cast<void>(responder.run());  // the client knows best what became of its ping
    }
  }
}

RunOutcome ServerRun::take_result(FrameStream& frames) {
  const auto received = frames.receive(settings_.sweep.timeout);
  const auto* result = received.message ? std::get_if<Result>(&*received.message) : nullptr;
  if (result == nullptr) {
    const bool is_other = received.status == PingStatus::Ok;
    return mark_lost(end_of_run(is_other ? PingStatus::Protocol : received.status, settings_));
  }
  const std::uint64_t most = kLongestHeader + kLongestRow * options_.limits.pings;
  if (result->bytes > most) {
    refuse({.reason = fmt::format("a result of {} bytes exceeds this server's limit of {}",
                                  result->bytes, most),
            .hint = "Ask for fewer pings."});
    return mark_lost("protocol");
  }
  std::string text;
  if (const PingStatus status = frames.receive_bytes(text, result->bytes);
      status != PingStatus::Ok) {
    return mark_lost(end_of_run(status, settings_));
  }
  RunTrailer trailer;
  try {
    trailer = check_result(text, {.facts = describe_lost(),
                                  .settings = settings_,
                                  .longest = std::chrono::steady_clock::now() - begin_});
  } catch (const WorldError& error) {
    log_.fault("fault", fmt::format("run with {}: {}", peer_, error.what()), {{"peer", peer_}});
    refuse({.reason = error.what(), .hint = {}});
    return mark_lost("protocol");
  }
  OutputFile file = open_output_();
  file.append(text);
  file.sync();
  RunOutcome outcome{
      .status = trailer.status, .samples = trailer.samples, .file = file.path(), .warnings = {}};
  if (frames.send(Stored{}) == PingStatus::Ok) {
    static_cast<void>(client_.finish(1s));
  }
  return outcome;
}

RunHeader ServerRun::describe_lost() const {
  return describe_lost_run(settings_, task_.identity,
                           environment_of(host_, settings_.is_anonymous));
}

RunOutcome ServerRun::mark_lost(std::string_view status) {
  RunWriter writer(open_output_(), describe_lost());
  writer.finish(status, Duration(0));
  return {.status = std::string(status), .samples = 0, .file = writer.path(), .warnings = {}};
}

void ServerRun::report(const RunOutcome& outcome) {
  RunReport report{.status = outcome.status, .link = settings_.sweep.link, .minima = {}};
  if (outcome.status != kComplete && outcome.status != to_word(PingStatus::Interrupted)) {
    log_.fault(
        "run_failed",
        fmt::format("run with {}: {}", peer_, explain(outcome.status, settings_.sweep.timeout)),
        {{"peer", peer_}, {"status", outcome.status}, {"link", settings_.sweep.link}});
  }
  std::string table;
  std::uint64_t samples = outcome.samples;
  if (!outcome.file.empty()) {
    RunCollection runs;
    runs.add(read_run(outcome.file, RttClock::Application));
    const PenaltyTable penalties = penalty_table(runs.links()[0], Statistic::minimum());
    samples = penalties.samples;
    for (const SegmentClass& row : penalties.classes) {
      const auto& series = runs.links()[0].series;
      Duration fastest = Duration::max();
      for (const auto& [size, rtts] : series) {
        if (penalties.mss && segments_needed(size, *penalties.mss) == row.segments) {
          fastest = std::min(fastest, rtts.minimum());
        }
      }
      if (report.minima.size() < kReportedClasses) {
        report.minima.emplace_back(row.segments, fastest);
      }
    }
    table = render_text(std::array{penalties});
  }
  static_cast<void>(server_.send(to_message(report)));
  if (outcome.file.empty() || options_.is_quiet) {
    return;
  }
  log_.note("run",
            fmt::format("{:%H:%M:%S}  {}: {}, {} in {}", fmt::localtime(std::time(nullptr)), peer_,
                        outcome.status, count_of(samples, "sample"), outcome.file.string()),
            {{"peer", peer_},
             {"status", outcome.status},
             {"link", settings_.sweep.link},
             {"run_id", task_.identity.run_id},
             {"file", outcome.file.string()}});
  for (const Warning& warning : outcome.warnings) {
    log_.note("warning", render(warning), {{"peer", peer_}});
  }
  print_data(table);
}

}  // namespace tcpstep
