#include "server/run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/screen.h"
#include "lib/net/address_range.h"
#include "lib/net/waiting.h"
#include "lib/protocol/authentication.h"
#include "lib/report/render.h"
#include "lib/runfile/run.h"
#include "server/results_folder.h"
#include "server/run_report.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// --- What a run is called, and between whom it is ---

// Half a name: what is not permitted in it becomes a dash.
std::string half_of_name(std::string text) {
  constexpr std::size_t kLongest = 31;
  text.resize(std::min(text.size(), kLongest));
  for (char& c : text) {
    c = is_valid_name({&c, 1}) ? c : '-';
  }
  return text;
}

// A phone's is often "localhost", that of a host without one "(none)".
bool is_distinctive(std::string_view host) {
  return !host.empty() && host != "localhost" && host != "(none)";
}

// The name of the link of a run that has none: "<server's host>-<client's host>"; of an anonymous
// server the networks of both: "192.0.2.x-198.51.100.x".
std::string automatic_link(const QueuedRun& client, const HostFacts& host,
                           const ServerOptions& options) {
  const TcpConnection& connection = client.connection;
  std::string server_end = name_of_network(connection.local_address());
  std::string client_end = name_of_network(connection.peer());
  if (!options.run.is_anonymous) {
    server_end = is_distinctive(host.info.name) ? host.info.name : server_end;
    const Environment& facts = client.request->environment;
    const auto name = facts.find("host");
    client_end = name != facts.end() && is_distinctive(name->second) ? name->second : client_end;
  }
  return half_of_name(server_end) + "-" + half_of_name(client_end);
}

// Of the run with this client, which begins now.
RunIdentity identity_of(const QueuedRun& client, const ServerOptions& options) {
  RunIdentity identity{.run_id = make_run_id(),
                       .protocol = client.protocol,
                       .concurrent_runs = options.limits.concurrent_runs,
                       .peer = {},
                       .started_utc = utc_now(),
                       .seen_by_server = {},
                       .seen_by_client = {},
                       .browser = client.browser};
  if (client.request) {
    identity.peer = client.request->environment;
    if (!client.request->tool.empty()) {
      identity.peer.insert_or_assign("tool", client.request->tool);
    }
    identity.seen_by_client = {.server = client.request->server_addr,
                               .client = client.request->client_addr};
  }
  if (options.run.is_anonymous) {
    identity.peer.erase("host");
    identity.seen_by_client = {};
  } else {
    identity.seen_by_server = addresses_of(client.connection, Role::Server);
  }
  return identity;
}

// --- Down: this end measures ---

// Fresh connections, as the server's process hands them over.
class HandedOver : public ConnectionSource {
 public:
  // The client's first connection has nothing to say, but may end.
  explicit HandedOver(const ServedRun& run) : run_(run) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    const Fd& first = run_.client.fd();
    if (wait_for_either(run_.server.fd(), first, run_.settings.sweep.timeout) &&
        is_readable(first)) {
      return run_.client.stay_idle(Duration::zero());
    }
    auto received = run_.server.receive(Duration::zero());
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
  void close_others(Duration limit) override { close_fresh_connections(run_, limit); }

 private:
  const ServedRun& run_;
};

RunOutcome measure(const ServedRun& run, SweepSession& session, ConnectionSource* fresh) {
  const SweepSpec& sweep = run.settings.sweep;
  ProgressBar progress("round", sweep.all_rounds(),
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
    return outcome_without_file(run, status);
  }
  HandedOver fresh(run);
  RunOutcome outcome = measure(run, session, run.is_fresh() ? &fresh : nullptr);
  send_result(run, frames, outcome);
  return outcome;
}

RunOutcome serve(const ServedRun& run) {
  if (run.identity.protocol == Protocol::WebSocket) {
    return measure_browser(run);
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

constexpr std::size_t kLongestTable = std::size_t{64} * 1024;

// A client chooses how many classes its run has, and with a small MSS there may be thousands.
std::string shortened(std::string table, const std::filesystem::path& file) {
  return table.size() <= kLongestTable ? table
                                       : fmt::format("  a table of {} bytes: tcpstep report {}\n",
                                                     table.size(), file.string());
}

// While a run is at hand more is known than its file has: why.
void explain(std::vector<Warning>& warnings, std::span<const Warning> causes) {
  for (Warning& warning : warnings) {
    const auto cause = std::ranges::find(causes, warning.key, &Warning::key);
    warning = cause == causes.end() ? warning : *cause;
  }
}

// Logs a run, prints its table and sends a RunReport; what went wrong with it is left to the
// server's process.
void report_outcome(const RunOutcome& outcome, const ServedRun& run, const Log& log,
                    bool is_quiet_if_failed) {
  const SweepSpec& sweep = run.settings.sweep;
  RunReport report{
      .status = outcome.status,
      .link = {.link = sweep.link,
               .direction = to_text(sweep.direction),
               .connection = to_text(sweep.connection)},
      .bytes = outcome.file.empty() ? std::optional(std::uint64_t{0}) : bytes_on_disk(outcome.file),
      .file = outcome.file.string(),
      .fault = fault_of(outcome, sweep.timeout)};
  std::string table;
  std::uint64_t samples = outcome.samples;
  if (!outcome.file.empty()) {
    RunCollection runs;
    runs.add(read_run(outcome.file, RttClock::Application));
    PenaltyTable penalties = penalty_table(runs.links()[0], Statistic::minimum());
    explain(penalties.warnings, outcome.causes);
    samples = penalties.samples;
    if (sweep.direction == MeasuredDirection::Down) {
      report.minima = minima_of(penalties, runs.links()[0]);
      std::ranges::transform(penalties.warnings, std::back_inserter(report.spoilers),
                             &Warning::key);
      if (run.options.log_format == LogFormat::Json) {  // in text, the table is enough
        for (const Warning& warning : penalties.warnings) {
          report.warnings.emplace_back(warning.key, render(warning));
        }
      }
    }
    const Screen screen = screen_of_output();
    const std::string text = render_text(std::array{penalties}, {.screen = screen});
    table = shortened(shown_on(screen, text), outcome.file);
  }
  static_cast<void>(run.server.send(encode(report)));
  if (outcome.file.empty() || (is_quiet_if_failed && is_failure(outcome.status))) {
    return;
  }
  const bool is_to_stdout = run.options.output == "-";
  if (is_to_stdout) {
    print_data(read_file(outcome.file));
  }
  if (run.options.is_quiet) {
    return;
  }
  const std::string file = is_to_stdout ? "standard output" : outcome.file.string();
  log.note("run",
           fmt::format("{:%H:%M:%S}  {}: {}, {} in {}", fmt::localtime(std::time(nullptr)),
                       run.peer, outcome.status, count_of(samples, "sample"), file),
           {{"peer", run.peer},
            {"status", outcome.status},
            {"link", sweep.link},
            {"run_id", run.identity.run_id},
            {"file", file}});
  if (is_to_stdout) {
    print_lines(table.substr(0, table.find_last_not_of('\n') + 1));
  } else {
    print_data(table);
  }
}

}  // namespace

void send_refusal(const ServedRun& run, const Refuse& refusal) {
  static_cast<void>(FrameStream(run.client, run.settings.session).send(refusal));
}

PingStatus accept_run(const ServedRun& run, FrameStream& frames, std::uint64_t pings) {
  const RunSettings& settings = run.settings;
  Environment facts = environment_of(run.host, settings.is_anonymous);
  facts.emplace("tool", version_and_git());
  const PingStatus sent = frames.send(Accept{.run_id = run.identity.run_id,
                                             .token = run.token,
                                             .sweep = settings.sweep,
                                             .pings = pings,
                                             .concurrent_runs = run.identity.concurrent_runs,
                                             .is_anonymous = settings.is_anonymous,
                                             .has_peer_retransmits = settings.has_peer_retransmits,
                                             .environment = std::move(facts),
                                             .started_utc = run.identity.started_utc,
                                             .server_addr = run.identity.seen_by_server.server,
                                             .client_addr = run.identity.seen_by_server.client});
  if (sent != PingStatus::Ok) {
    return sent;
  }
  const auto received = frames.receive(run.settings.sweep.timeout);
  if (received.status != PingStatus::Ok) {
    return received.status;
  }
  return std::holds_alternative<Ready>(*received.message) ? PingStatus::Ok : PingStatus::Protocol;
}

RunOutcome outcome_without_file(const ServedRun& run, PingStatus status) {
  return {.status = std::string(end_of_run(status, run.settings)),
          .samples = 0,
          .file = {},
          .causes = {}};
}

void close_fresh_connections(const ServedRun& run, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const Duration left = deadline - std::chrono::steady_clock::now();
    if (left <= Duration::zero() || !wait_for_either(run.server.fd(), run.client.fd(), left) ||
        is_readable(run.client.fd()) || !run.server.receive(Duration::zero()).is_open) {
      return;
    }
  }
}

std::string name_for_client(const ServedRun& run, const std::filesystem::path& file) {
  return run.options.output == "-" ? std::string() : file.filename().string();
}

RunTask task_for(QueuedRun client, const ServerOptions& options, const HostFacts& host) {
  RunTask task{.client = std::move(client), .identity = {}, .token = random_hex(16)};
  task.identity = identity_of(task.client, options);
  RunSettings& settings = task.client.settings;
  if (const Request* request = task.client.request ? &*task.client.request : nullptr;
      request != nullptr && !request->sweep.chosen.contains("link") && !options.is_link_chosen &&
      options.limits.links.empty()) {
    settings.sweep.link = automatic_link(task.client, host, options);
  }
  settings.deadline = std::chrono::steady_clock::now() + options.limits.time;
  if (task.client.protocol == Protocol::WebSocket) {
    settings.framing = Framing::WebSocket;
    settings.ends_when_settled = true;
  }
  return task;
}

bool perform_run(RunTask task, const ServerOptions& options, const HostFacts& at_start,
                 Channel& server, const OpenOutput& open_output, const Log& log) {
  HostFacts host = at_start;
  refresh_load(host);
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
  report_outcome(outcome, run, log, task.is_quiet_if_failed);
  return outcome.status == kComplete;
}

}  // namespace tcpstep
