#include "server/server.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/run_program.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_writer.h"
#include "server/examination.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration kPatienceAtTheEnd = 10s;  // for a run to write its trailer
constexpr Duration kBetweenMetrics = 1s;
constexpr std::uint64_t kSpareDescriptors = 64;

volatile std::sig_atomic_t is_state_wanted = 0;

void want_state(int /*signal*/) {
  is_state_wanted = 1;
}

// SIGUSR1 is delivered in the loop's wait only. `mask` is the mask of that wait.
void catch_state_signal(sigset_t& mask) {
  struct sigaction action {};
  action.sa_handler = want_state;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGUSR1, &action, nullptr);
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
  sigdelset(&mask, SIGUSR1);
}

HostFacts examine_host(const Scheduling& scheduling) {
  const SchedulingGuard guard;  // the runs are placed where they were told, this process is not
  return prepare_host(scheduling);
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      log_(options_.log_format, options_.is_quiet),
      host_(examine_host(options_.run.scheduling)) {
  if (!options_.secret_file.empty()) {
    secret_.emplace(read_secret(options_.secret_file));
  }
  if (options_.output.empty()) {
    check_results_directory();
  } else {
    output_.emplace(options_.output);  // a bad path must fail before the long part
  }
  make_room_for_descriptors();
}

void Server::check_results_directory() const {
  std::filesystem::create_directories(options_.results);
  OutputFile(options_.results / fmt::format(".probe-{}", ::getpid()));  // removed: it stays empty
}

void Server::make_room_for_descriptors() const {
  const std::uint64_t wanted = options_.limits.connections + kSpareDescriptors;
  rlimit limit{};
  check_syscall(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
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
  if (options_.run.congestion_control != "system") {  // each run says whether it has it
    static_cast<void>(listener.set_congestion_control(options_.run.congestion_control));
  }
  Reception reception(std::move(listener), poller_, options_, secret_ ? &*secret_ : nullptr, log_,
                      metrics_, [this](const std::string& token, const TcpConnection& connection) {
                        return hand_over(token, connection);
                      });
  log_.note("listening",
            fmt::format("tcpstep-server {} listening on {}, {} (Ctrl-C ends)", version(), address,
                        output_ ? "result into " + options_.output.string()
                                : "results in " + (options_.results / "").string()),
            {{"address", address}});
  for (const Warning& warning : host_.warnings) {
    log_.note("warning", render(warning));
  }
  while (StopSignals::received() == 0 && !one_off_result_) {
    turn(reception, mask);
    start_runs(reception);
    if (options_.is_one_off && !one_off_result_ && reception.has_lost_first()) {
      one_off_result_ = false;
    }
  }
  return stop(reception, mask);
}

// One wait, and what came of it.
void Server::turn(Reception& reception, const sigset_t& mask) {
  const auto keys = poller_.wait(time_to_next_deadline(reception), mask);
  for (const std::uint64_t key : keys) {
    if (key < Reception::kFirstForeignKey) {
      reception.handle(key);
    } else if (const auto run = runs_.find(key); run != runs_.end()) {
      hear(run->second);
    }
  }
  std::erase_if(runs_, [](const auto& entry) { return entry.second.is_over; });
  const std::size_t connected = reception.connected();
  reception.look_at_clocks();
  if (!keys.empty() || reception.connected() != connected) {
    is_metrics_file_stale_ = true;
  }
  log_.look_at_clock();
  end_runs_that_take_too_long();
  if (is_state_wanted != 0) {
    is_state_wanted = 0;
    say_state(reception);
  }
  write_metrics(reception, false);
}

std::optional<Duration> Server::time_to_next_deadline(const Reception& reception) const {
  std::optional<Time> earliest = reception.next_deadline();
  const auto consider = [&](Time time) { earliest = std::min(earliest.value_or(time), time); };
  if (const auto due = log_.next_deadline()) {
    consider(*due);
  }
  for (const auto& [key, run] : runs_) {
    consider(run.deadline);
  }
  if (is_metrics_file_stale_ && !options_.metrics_file.empty()) {
    consider(metrics_written_ + kBetweenMetrics);
  }
  if (!earliest) {
    return std::nullopt;
  }
  return std::max<Duration>(*earliest - Clock::now(), Duration::zero());
}

void Server::start_runs(Reception& reception) {
  while (runs_.size() < options_.limits.concurrent_runs && !one_off_result_) {
    auto candidate = reception.call_next();
    if (!candidate) {
      break;
    }
    start(std::move(*candidate), reception);
  }
  reception.tell_queue(runs_.size());
}

void Server::start(Candidate candidate, Reception& reception) {
  auto [ours, theirs] = Channel::make_pair();
  RunTask task{.candidate = std::move(candidate),
               .identity = {.run_id = make_run_id(),
                            .is_negotiated = false,
                            .concurrent_runs = options_.limits.concurrent_runs,
                            .peer = {}},
               .token = random_hex(16)};
  if (const auto& request = task.candidate.request) {
    task.identity.is_negotiated = true;
    task.identity.peer = request->environment;
    if (!request->tool.empty()) {
      task.identity.peer.insert_or_assign("tool", request->tool);
    }
    if (options_.run.is_anonymous) {
      task.identity.peer.erase("host");
    }
  }
  const Time started = Clock::now();
  // Of an upward run the client is to bring what it has measured until then.
  const bool is_up = task.candidate.settings.sweep.direction == MeasuredDirection::Up;
  task.candidate.settings.deadline = started + options_.limits.time;
  Run run{.process = 0,
          .channel = std::move(ours),
          .client = task.candidate.id,
          .peer = task.candidate.connection.peer().text(),
          .link = task.candidate.settings.sweep.link,
          .token = task.token,
          .started = started,
          .deadline = started + options_.limits.time + (is_up ? kPatienceAtTheEnd : Duration(0)),
          .report = {}};
  run.process = ::fork();
  if (run.process == 0) {
    become_run(std::move(task), std::move(theirs), reception);
  }
  if (run.process < 0) {
    log_.fault("fault", fmt::format("run with {}: cannot start a process", run.peer),
               {{"peer", run.peer}});
    metrics_.count_error();
    return;
  }
  const std::uint64_t key = next_key_++;
  poller_.add(run.channel.fd(), key);
  runs_.emplace(key, std::move(run));
}

// In the child. It hears one signal: the server's SIGTERM. Those of a terminal reach both
// processes, and a second signal would end it at once.
void Server::become_run(RunTask task, Channel channel, Reception& reception) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int ignored : {SIGINT, SIGHUP, SIGUSR1}) {
    std::signal(ignored, SIG_IGN);
  }
  std::signal(SIGTERM, SIG_DFL);
  const StopSignals signals;
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  reception.abandon();
  runs_.clear();
  int status = kExitFailed;
  const std::string peer = task.candidate.connection.peer().text();
  try {
    static_cast<void>(apply(options_.run.scheduling));
    const RunSettings settings = task.candidate.settings;
    ServerRun run(
        std::move(task), options_, host_, channel, [&] { return open_output(settings); }, log_);
    status = run.perform() ? kExitFine : kExitFailed;
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

void Server::hear(Run& run) {
  const auto received = run.channel.receive(Duration::zero());
  if (received.message) {
    try {
      run.report = report_in(*received.message);
    } catch (const std::exception&) {
      run.report.reset();
    }
  } else if (!received.is_open) {
    end(run);
  }
}

void Server::end(Run& run) {
  poller_.remove(run.channel.fd());
  int status = 0;
  while (::waitpid(run.process, &status, 0) < 0 && errno == EINTR) {
  }
  run.is_over = true;
  const bool is_fine = WIFEXITED(status) && WEXITSTATUS(status) == kExitFine;
  if (!WIFEXITED(status)) {
    log_.fault("run_failed", fmt::format("run with {}: its process died", run.peer),
               {{"peer", run.peer}});
  }
  if (run.report) {
    metrics_.count_run(run.report->status);
    metrics_.note_minima(run.report->link, run.report->minima);
  } else {
    metrics_.count_run("failed");
  }
  if (options_.is_one_off && run.client == 1) {
    one_off_result_ = is_fine;
  }
}

void Server::end_runs_that_take_too_long() {
  const auto now = Clock::now();
  for (auto& [key, run] : runs_) {
    if (now >= run.deadline) {
      ::kill(run.process, run.is_told ? SIGKILL : SIGTERM);
      run.is_told = true;
      run.deadline = now + kPatienceAtTheEnd;
    }
  }
}

void Server::tell_runs_to_end() {
  for (auto& [key, run] : runs_) {
    if (!run.is_told) {
      ::kill(run.process, SIGTERM);
      run.is_told = true;
      run.deadline = Clock::now() + kPatienceAtTheEnd;
    }
  }
}

// A run in progress is marked, never finished: nobody knows how long it would take.
int Server::stop(Reception& reception, const sigset_t& mask) {
  reception.close("the server ends");
  const bool was_measuring = !runs_.empty();
  tell_runs_to_end();
  while (!runs_.empty()) {
    turn(reception, mask);
  }
  write_metrics(reception, true);
  log_.say_unsaid();
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

void Server::say_state(const Reception& reception) {
  std::string words = fmt::format(
      "{} measured, {} waiting, {} open; since the start {}, {} refused, {}", runs_.size(),
      reception.waiting(), count_of(reception.connected(), "connection"),
      count_of(metrics_.runs(), "run"), metrics_.refusals(), count_of(metrics_.errors(), "fault"));
  for (const auto& [key, run] : runs_) {
    words += fmt::format("\n  {} ({}) for {}", run.peer, run.link,
                         format_duration(Clock::now() - run.started));
  }
  log_.fault("state", words);
}

void Server::write_metrics(const Reception& reception, bool is_last) {
  const auto now = Clock::now();
  if (options_.metrics_file.empty() || (!is_last && now - metrics_written_ < kBetweenMetrics)) {
    return;
  }
  if (!is_last && !is_metrics_file_stale_) {
    return;
  }
  try {
    replace_file(options_.metrics_file,
                 metrics_.render(runs_.size(), reception.waiting(), reception.connected()));
  } catch (const std::system_error& error) {
    log_.fault("fault", error.what());
  }
  metrics_written_ = now;
  is_metrics_file_stale_ = false;
}

}  // namespace tcpstep
