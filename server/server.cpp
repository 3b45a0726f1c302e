#include "server/server.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kTimeToEnd = 10s;  // for a run to write its trailer
constexpr Duration kBetweenMetrics = 1s;

volatile std::sig_atomic_t is_state_requested = 0;

void request_state(int /*signal*/) {
  is_state_requested = 1;
}

// SIGUSR1 is delivered in the loop's wait only. `mask` is the mask of that wait.
void catch_state_signal(sigset_t& mask) {
  struct sigaction action {};
  action.sa_handler = request_state;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGUSR1, &action, nullptr);
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
  sigdelset(&mask, SIGUSR1);
}

HostFacts examine_unplaced_host(const Scheduling& scheduling) {
  const SchedulingGuard guard;  // scheduling is for the runs, not for this process
  return prepare_host(scheduling);
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      log_(options_.log_format, options_.is_quiet),
      metrics_(options_.port),
      host_(examine_unplaced_host(options_.run.scheduling)) {
  if (!options_.secret_file.empty()) {
    secret_.emplace(read_secret(options_.secret_file));
  }
  if (options_.output.empty()) {
    check_results_directory();
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

void Server::check_results_directory() const {
  std::filesystem::create_directories(options_.results);
  OutputFile(options_.results / fmt::format(".probe-{}", ::getpid()));  // removed: it stays empty
}

Listener Server::listen() const {
  try {
    return {options_.bind_address, options_.port, options_.ip_version};
  } catch (const std::system_error& error) {
    switch (error.code().value()) {
      case EADDRINUSE:
        throw WorldError(error.what(), "Is another tcpstep-server running? Try --port N.");
      case EADDRNOTAVAIL:
        throw WorldError(error.what(), "--bind takes an address of this host: see 'ip address'.");
      case EACCES:
        throw WorldError(error.what(), "Ports below 1024 need privileges. Try --port N.");
      default:
        throw;
    }
  }
}

int Server::serve() {
  const StopSignals signals;
  const StopSignals::Hold hold;
  mask_before_ = hold.open_mask();
  sigset_t mask = mask_before_;
  catch_state_signal(mask);

  Listener listener = listen();
  const std::string address = listener.local_address().text();
  if (options_.run.congestion_control != "system") {  // each run reports what it uses
    static_cast<void>(listener.set_congestion_control(options_.run.congestion_control));
  }
  Acceptor acceptor(std::move(listener), poller_, options_, secret_ ? &*secret_ : nullptr, log_,
                    metrics_, [this](const std::string& token, const TcpConnection& connection) {
                      return hand_over(token, connection);
                    });
  log_.note("listening",
            fmt::format("tcpstep-server {} listening on {}, {} (Ctrl-C ends)", version(), address,
                        temporary_ ? "result to standard output"
                        : output_  ? "result into " + options_.output.string()
                                   : "results in " + (options_.results / "").string()),
            {{"address", address}});
  for (const Warning& warning : host_.warnings) {
    log_.note("warning", render(warning));
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
      receive_report(run->second);
    }
  }
  std::erase_if(runs_, [](const auto& entry) { return entry.second.is_over; });
  const std::size_t connected = acceptor.connected();
  acceptor.handle_deadlines();
  if (!keys.empty() || acceptor.connected() != connected) {
    is_metrics_file_stale_ = true;
  }
  log_.flush_if_due();
  stop_overdue_runs();
  if (is_state_requested != 0) {
    is_state_requested = 0;
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
    consider(run.deadline);
  }
  if (!options_.metrics_file.empty()) {
    if (is_metrics_file_stale_) {
      consider(metrics_written_ + kBetweenMetrics);
    } else if (const auto expiry = metrics_.next_expiry()) {
      consider(std::max(*expiry, metrics_written_ + kBetweenMetrics));
    }
  }
  if (!earliest) {
    return std::nullopt;
  }
  return std::max<Duration>(*earliest - Clock::now(), Duration::zero());
}

void Server::start_runs(Acceptor& acceptor) {
  while (runs_.size() < options_.limits.concurrent_runs && !one_off_result_) {
    auto client = acceptor.take_next();
    if (!client) {
      break;
    }
    start(std::move(*client), acceptor);
  }
  acceptor.update_queue(runs_.size());
}

RunTask Server::task_for(QueuedRun client) const {
  RunTask task{.client = std::move(client),
               .identity = {.run_id = make_run_id(),
                            .is_negotiated = false,
                            .concurrent_runs = options_.limits.concurrent_runs,
                            .peer = {}},
               .token = random_hex(16)};
  if (const auto& request = task.client.request) {
    task.identity.is_negotiated = true;
    task.identity.peer = request->environment;
    if (!request->tool.empty()) {
      task.identity.peer.insert_or_assign("tool", request->tool);
    }
    if (options_.run.is_anonymous) {
      task.identity.peer.erase("host");
    }
  }
  task.client.settings.deadline = Clock::now() + options_.limits.time;
  return task;
}

void Server::start(QueuedRun client, Acceptor& acceptor) {
  RunTask task = task_for(std::move(client));
  try {
    launch(task, acceptor);
  } catch (const std::system_error& error) {  // out of descriptors or processes
    const std::string peer = task.client.connection.peer().text();
    log_.fault("fault", fmt::format("run with {}: {}", peer, error.what()), {{"peer", peer}});
    metrics_.count_error();
    if (task.client.request) {
      static_cast<void>(task.client.connection.send_now(frame_of(
          Refuse{.reason = "the server is out of resources", .hint = "Try again later."})));
    }
    if (options_.is_one_off && task.client.id == 1) {
      one_off_result_ = false;
    }
  }
}

void Server::launch(RunTask& task, Acceptor& acceptor) {
  auto [ours, theirs] = Channel::make_pair();
  const SweepSpec& sweep = task.client.settings.sweep;
  // The client of an upward run has to deliver what it has measured until then.
  const Duration to_deliver =
      sweep.direction == MeasuredDirection::Up ? kTimeToEnd : Duration::zero();
  RunProcess run{.pid = 0,
                 .channel = std::move(ours),
                 .client = task.client.id,
                 .peer = task.client.connection.peer().text(),
                 .link = sweep.link,
                 .token = task.token,
                 .started = Clock::now(),
                 .deadline = task.client.settings.deadline + to_deliver,
                 .report = {}};
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
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  acceptor.release_all();
  runs_.clear();
  int status = kExitFailed;
  const std::string peer = task.client.connection.peer().text();
  try {
    static_cast<void>(apply(options_.run.scheduling));
    const RunSettings settings = task.client.settings;
    const bool is_complete = perform_run(
        std::move(task), options_, host_, channel, [&] { return open_output(settings); }, log_);
    status = is_complete ? kExitFine : kExitFailed;
  } catch (const std::exception& error) {
    log_.fault("run_failed", fmt::format("run with {}: {}", peer, error.what()), {{"peer", peer}});
  }
  ::_exit(status);
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

void Server::receive_report(RunProcess& run) {
  const auto received = run.channel.receive(Duration::zero());
  if (received.message) {
    try {
      run.report = decode_report(*received.message);
    } catch (const std::exception&) {
      run.report.reset();
    }
  } else if (!received.is_open) {
    finish(run);
  }
}

void Server::finish(RunProcess& run) {
  poller_.remove(run.channel.fd());
  int status = 0;
  while (::waitpid(run.pid, &status, 0) < 0 && errno == EINTR) {
  }
  run.is_over = true;
  const bool is_fine = WIFEXITED(status) && WEXITSTATUS(status) == kExitFine;
  if (!WIFEXITED(status)) {
    log_.fault("run_failed", fmt::format("run with {}: its process died", run.peer),
               {{"peer", run.peer}});
  }
  if (run.report) {
    metrics_.count_run(run.report->status);
    if (!run.report->minima.empty()) {
      metrics_.note_minima(run.report->link, run.report->minima);
    }
  } else {
    metrics_.count_run("failed");
  }
  if (options_.is_one_off && run.client == 1) {
    one_off_result_ = is_fine;
  }
}

void Server::stop_overdue_runs() {
  const auto now = Clock::now();
  for (auto& [key, run] : runs_) {
    if (now >= run.deadline) {
      ::kill(run.pid, run.is_asked_to_end ? SIGKILL : SIGTERM);
      run.is_asked_to_end = true;
      run.deadline = now + kTimeToEnd;
    }
  }
}

void Server::stop_all_runs() {
  for (auto& [key, run] : runs_) {
    if (!run.is_asked_to_end) {
      ::kill(run.pid, SIGTERM);
      run.is_asked_to_end = true;
      run.deadline = Clock::now() + kTimeToEnd;
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
    text += fmt::format("\n  {} ({}) for {}", run.peer, run.link,
                        format_duration(Clock::now() - run.started));
  }
  log_.fault("state", text);
}

void Server::write_metrics(const Acceptor& acceptor, bool is_last) {
  const auto now = Clock::now();
  if (options_.metrics_file.empty() || (!is_last && now - metrics_written_ < kBetweenMetrics)) {
    return;
  }
  const auto expiry = metrics_.next_expiry();
  if (!is_last && !is_metrics_file_stale_ && (!expiry || *expiry > now)) {
    return;
  }
  try {
    replace_file(options_.metrics_file,
                 metrics_.render(runs_.size(), acceptor.queued(), acceptor.connected()));
  } catch (const std::system_error& error) {
    log_.fault("fault", error.what());
  }
  metrics_written_ = now;
  is_metrics_file_stale_ = false;
}

}  // namespace tcpstep
