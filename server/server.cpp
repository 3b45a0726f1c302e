#include "server/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_writer.h"
#include "server/least_rights.h"
#include "server/run_queue.h"
#include "server/setup.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kTimeToDeliver = 10s;  // for the client of an upward run

HostFacts examine_unplaced_host(const Scheduling& scheduling) {
  const SchedulingGuard guard;  // scheduling is for the runs, not for this process
  return prepare_host(scheduling);
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      log_(options_.log_format, options_.is_quiet),
      metrics_(options_.port),
      metrics_file_(options_.metrics_file),
      host_(examine_unplaced_host(options_.run.scheduling)) {
  if (const auto cpu = options_.run.scheduling.cpu) {
    kept_off_.emplace(*cpu);
  }
  if (options_.lease) {
    secret_.emplace(Secret::drawn(lease_.emplace(*options_.lease).secret()));
  }
  if (!options_.secret_file.empty()) {
    secret_.emplace(read_secret(options_.secret_file));
  }
  if (options_.output.empty()) {
    results_.emplace(options_.results, options_.limits.results_bytes, options_.limits.free_bytes);
  } else if (options_.output == "-") {
    temporary_.emplace();
    output_.emplace(temporary_->path() / "result.csv");
  } else {
    output_.emplace(options_.output);  // a bad path must fail before the long part
  }
  if (const auto warning = reserve_descriptors(options_.limits)) {
    log_.fault("descriptors", *warning);
  }
}

int Server::serve() {
  const StopSignals signals;
  const StopSignals::Hold hold;
  mask_before_ = hold.open_mask();
  sigset_t mask = mask_before_;
  catch_state_signal(mask);
  Listener listener = listen_as(options_);
  const std::string address = listener.local_address().text();
  std::optional<WebEntrance> web;
  if (options_.web) {
    web_site_.emplace(output_ ? std::filesystem::path() : options_.results);
    web_offer_ = web_offer_of(options_);
    web.emplace(WebEntrance{listen_for_browsers(options_), *web_site_, web_offer_});
  }
  const std::string web_address = web ? web->listener.local_address().text() : "";
  Acceptor acceptor(
      std::move(listener), poller_, options_, secret_ ? &*secret_ : nullptr, log_, metrics_,
      [this](const std::string& token, const TcpConnection& connection) {
        return hand_over(token, connection);
      },
      std::move(web));
  log_.note("listening",
            fmt::format("tcpstep-server {} listening on {}, {} (Ctrl-C ends)", version(), address,
                        temporary_ ? "result to standard output"
                        : output_  ? "result into " + options_.output.string()
                                   : "results in " + (options_.results / "").string()),
            {{"address", address}});
  if (const std::string reach = how_to_reach(options_); !reach.empty()) {
    log_.note("reach", reach);
  }
  if (!web_address.empty()) {
    log_.note("listening_web", fmt::format("for browsers: {}", how_to_browse(options_)),
              {{"address", web_address}});
  }
  for (const Warning& warning : host_.warnings) {
    log_.note("warning", render(warning));
    warned_.insert(warning.key);
  }
  while (StopSignals::received() == 0 && !one_off_result_) {
    wait_and_handle(acceptor, mask);
    start_runs(acceptor);
    if (options_.is_one_off && !one_off_result_ && acceptor.has_lost_first_client()) {
      one_off_result_ = false;
    }
  }
  return stop(acceptor, mask);
}

// One wait, and what came of it.
void Server::wait_and_handle(Acceptor& acceptor, const sigset_t& mask) {
  const auto keys = poller_.wait(time_to_next_deadline(acceptor), mask);
  for (const std::uint64_t key : keys) {
    if (key < Acceptor::kFirstForeignKey) {
      acceptor.handle(key);
    } else if (const auto run = runs_.find(key); run != runs_.end()) {
      receive_report(run->second, acceptor);
    }
  }
  std::erase_if(runs_, [](const auto& entry) { return entry.second.is_over; });
  const std::size_t connected = acceptor.connected();
  acceptor.handle_deadlines();
  if (!keys.empty() || acceptor.connected() != connected) {
    metrics_file_.note_change();
  }
  log_.flush_if_due();
  stop_overdue_runs(acceptor);
  if (take_state_request()) {
    log_state(acceptor);
  }
  write_metrics(acceptor, false);
}

std::optional<Duration> Server::time_to_next_deadline(const Acceptor& acceptor) const {
  std::optional<Time> earliest = acceptor.next_deadline();
  const auto consider = [&](Time time) { earliest = std::min(earliest.value_or(time), time); };
  if (const auto due = log_.next_deadline()) {
    consider(*due);
  }
  for (const auto& [key, run] : runs_) {
    consider(run.due(acceptor.do_others_wait(run.network)));
  }
  if (const auto due = metrics_file_.next_deadline(metrics_)) {
    consider(*due);
  }
  if (!earliest) {
    return std::nullopt;
  }
  return std::max<Duration>(*earliest - Clock::now(), Duration::zero());
}

void Server::start_runs(Acceptor& acceptor) {
  while (runs_.size() < options_.limits.concurrent_runs && !one_off_result_ &&
         acceptor.queued() > 0) {
    if (const auto reason = results_ ? results_->why_full() : std::nullopt) {
      acceptor.refuse_next(no_room(*reason));
    } else {
      start(acceptor.take_next(), acceptor);
    }
  }
  acceptor.update_queue(runs_.size(), expected_end(acceptor));
}

// Of the first run to end; now if none goes on.
std::optional<Server::Time> Server::expected_end(const Acceptor& acceptor) const {
  std::optional<Time> earliest;
  for (const auto& [key, run] : runs_) {
    std::optional<Time> end = run.expected_end;
    if (acceptor.do_others_wait(run.network)) {
      end = std::min(end.value_or(run.turn_end), run.turn_end);
    }
    if (!end) {
      return std::nullopt;
    }
    earliest = std::min(earliest.value_or(*end), *end);
  }
  return earliest.value_or(Clock::now());
}

void Server::start(QueuedRun client, Acceptor& acceptor) {
  RunTask task = task_for(std::move(client), options_, host_);
  task.is_quiet_if_failed = log_.is_suppressing();
  try {
    launch(task, acceptor);
  } catch (const std::system_error& error) {  // out of descriptors or processes
    const std::string peer = task.client.connection.peer().text();
    log_.fault_of_client("fault", fmt::format("run with {}: {}", peer, error.what()),
                         {{"peer", peer}});
    metrics_.count_error();
    const Refuse refusal{.reason = "the server is out of resources", .hint = "Try again later."};
    if (task.client.protocol == Protocol::WebSocket) {
      static_cast<void>(task.client.connection.send_now(text_message(web_refusal(refusal))));
    } else if (task.client.request) {
      static_cast<void>(task.client.connection.send_now(frame_of(refusal)));
    }
    if (options_.is_one_off && task.client.is_first) {
      one_off_result_ = false;
    }
  }
}

void Server::launch(RunTask& task, Acceptor& acceptor) {
  auto [ours, theirs] = Channel::make_pair();
  const SweepSpec& sweep = task.client.settings.sweep;
  // The client of an upward run has to deliver what it has measured until then.
  const Duration to_deliver =
      sweep.direction == MeasuredDirection::Up ? kTimeToDeliver : Duration::zero();
  const auto now = Clock::now();
  const PathSpeed path = speed_of(task.client.connection);
  const auto duration = expected_duration(sweep, path);
  RunProcess run{.channel = std::move(ours),
                 .is_of_first_client = task.client.is_first,
                 .run_id = task.identity.run_id,
                 .protocol = task.client.protocol,
                 .peer = task.client.connection.peer().text(),
                 .network = task.client.network,
                 .link = sweep.link,
                 .token = task.token,
                 .started = now,
                 .expected_end = duration ? std::optional(std::min<Time>(
                                                now + *duration, task.client.settings.deadline))
                                          : std::nullopt,
                 .turn_end = now + turn_of(sweep, options_.run.sweep, path),
                 .deadline = task.client.settings.deadline + to_deliver};
  const std::uint64_t key = next_key_++;
  poller_.add(run.channel.fd(), key);
  const pid_t parent = ::getpid();
  run.pid = check_syscall(::fork(), "fork");
  if (run.pid == 0) {
    die_with(parent);
    run_in_child(std::move(task), std::move(theirs), acceptor);
  }
  runs_.emplace(key, std::move(run));
}

// The child reacts to one signal only: the server's SIGTERM. Signals of a terminal reach both
// processes, and a second one would end it at once.
void Server::run_in_child(RunTask task, Channel channel, Acceptor& acceptor) {
  for (const int ignored : {SIGINT, SIGHUP, SIGUSR1}) {
    std::signal(ignored, SIG_IGN);
  }
  std::signal(SIGTERM, SIG_DFL);
  const StopSignals signals;
  catch_end_of_turn();
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  acceptor.release_all();
  runs_.clear();
  int status = kExitFailed;
  try {
    kept_off_.reset();
    static_cast<void>(apply(options_.run.scheduling));
    drop_rights({.folder = folder_of_results(),
                 .configures_network = options_.run.busy_poll.count() > 0 ||
                                       options_.run.timestamps == TimestampMode::Hardware});
    const RunSettings settings = task.client.settings;
    const bool is_complete = perform_run(
        std::move(task), options_, host_, channel, [&] { return open_output(settings); }, log_);
    status = is_complete ? kExitFine : kExitFailed;
  } catch (const std::exception& error) {
    static_cast<void>(channel.send(encode(RunReport{.status = "failed", .fault = error.what()})));
  }
  ::_exit(status);
}

std::filesystem::path Server::folder_of_results() const {
  if (!output_) {
    return options_.results;
  }
  return std::filesystem::absolute(output_->path()).parent_path();
}

OutputFile Server::open_output(const RunSettings& settings) {
  return output_ ? std::move(*output_)
                 : create_run_file(options_.results, settings.sweep.link, settings.sweep.label);
}

bool Server::hand_over(const std::string& token, const TcpConnection& connection) {
  for (auto& [key, run] : runs_) {
    if (is_same_token(run.token, token)) {
      return run.channel.send(connection);
    }
  }
  return false;
}

void Server::receive_report(RunProcess& run, Acceptor& acceptor) {
  const auto received = run.channel.receive(Duration::zero());
  if (received.message) {
    try {
      run.report = decode_report(*received.message);
    } catch (const std::exception&) {
      run.report.reset();
    }
  } else if (!received.is_open) {
    finish(run, acceptor);
  }
}

void Server::finish(RunProcess& run, Acceptor& acceptor) {
  poller_.remove(run.channel.fd());
  const RunProcess::End end = run.reap();
  run.is_over = true;
  const std::string status = run.report ? run.report->status : "failed";
  if (const std::string fault = fault_of(run, end); !fault.empty()) {
    log_.fault_of_client("run_failed", fault,
                         {{"peer", run.peer}, {"status", status}, {"link", run.link}});
  }
  if (is_failure(status)) {
    acceptor.note_failed_run(run.network);
  }
  if (results_) {
    results_->note_run(run.report ? run.report->bytes : std::nullopt);
  }
  for (const auto& [key, text] : run.report ? run.report->warnings : RunWarnings{}) {
    if (warned_.insert(key).second) {  // once, and not for each client
      log_.note("warning", text);
    }
  }
  metrics_.count_run(status);
  if (run.report && !run.report->minima.empty()) {
    metrics_.note_minima(run.report->link, run.report->minima, run.report->spoilers);
  }
  if (web_site_ && run.protocol == Protocol::WebSocket && run.report && !run.report->file.empty()) {
    web_site_->add_run(run.run_id, run.report->file);
  }
  if (options_.is_one_off && run.is_of_first_client) {
    one_off_result_ = end.is_complete;
  }
}

void Server::stop_overdue_runs(const Acceptor& acceptor) {
  const auto now = Clock::now();
  for (auto& [key, run] : runs_) {
    if (now >= run.deadline) {
      run.end(SIGTERM);
    } else if (now >= run.due(acceptor.do_others_wait(run.network))) {
      run.end(kOutOfTime);
    }
  }
}

void Server::stop_all_runs() {
  for (auto& [key, run] : runs_) {
    if (!run.is_asked_to_end) {
      run.end(SIGTERM);
    }
  }
}

// A run in progress is cut off, not finished: it may take long.
int Server::stop(Acceptor& acceptor, const sigset_t& mask) {
  acceptor.close_all({.reason = "the server is shutting down", .hint = {}});
  const bool was_measuring = !runs_.empty();
  stop_all_runs();
  while (!runs_.empty()) {
    wait_and_handle(acceptor, mask);
  }
  write_metrics(acceptor, true);
  log_.flush();
  const int signal = StopSignals::received();
  if (signal != 0 && signal != SIGTERM && was_measuring) {
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    StopSignals::die_of(signal);
  }
  if (signal != 0) {
    return kExitFine;
  }
  return one_off_result_.value_or(true) ? kExitFine : kExitFailed;
}

void Server::log_state(const Acceptor& acceptor) {
  std::string text = fmt::format(
      "{} measured, {} waiting, {} open; since the start {}, {} refused, {}", runs_.size(),
      acceptor.queued(), count_of(acceptor.connected(), "connection"),
      count_of(metrics_.runs(), "run"), metrics_.refusals(), count_of(metrics_.errors(), "fault"));
  for (const auto& [key, run] : runs_) {
    text += fmt::format("; {} ({}) for {}", run.peer, run.link,
                        format_duration(Clock::now() - run.started));
  }
  log_.fault("state", text);
}

void Server::write_metrics(const Acceptor& acceptor, bool is_last) {
  const auto due = metrics_file_.next_deadline(metrics_);
  if (!is_last && (!due || *due > Clock::now())) {
    return;
  }
  try {
    metrics_file_.write(metrics_.render(runs_.size(), acceptor.queued(), acceptor.connected()));
  } catch (const std::system_error& error) {
    log_.fault_of_client("fault", error.what());  // it is tried again after each change
  }
}

}  // namespace tcpstep
