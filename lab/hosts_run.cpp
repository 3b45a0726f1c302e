#include "lab/hosts_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include "lab/two_hosts.h"
#include "lib/base/error.h"
#include "lib/cli/stop_signals.h"
#include "lib/link/netem.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kHeadStart = 100ms;  // of the near command
constexpr std::chrono::seconds kGrace{3};

// In virtual time a sweep starts at a multiple of the second on the monotonic clock, after a far
// command that started at a multiple of the first: then the kernel's timers tick in every sweep at
// the same moments, however long booting and negotiating took. The second is shorter than TCP's
// shortest retransmission timeout.
constexpr Duration kFarGrid = 16s;
constexpr Duration kSweepGrid = 128ms;

// Process 1 of the hosts: starts the commands, reaps children, passes signals on. When it ends, the
// kernel kills everything that is left.
class Init {
 public:
  Init(const HostsRunOptions& options, const TwoHosts& hosts) : options_(options), hosts_(hosts) {
    sigemptyset(&waited_for_);
    for (const int signal : {SIGCHLD, SIGTERM, SIGHUP, SIGINT}) {
      sigaddset(&waited_for_, signal);
    }
    ::sigprocmask(SIG_BLOCK, &waited_for_, nullptr);
  }

  int run() {
    ::setenv("TCPSTEP_FAR", hosts_.far_prefix().c_str(), 1);
    const Child near = Child::start(options_.near, [&] { hosts_.enter_near(); });
    std::optional<Child> far;
    if (!options_.far.empty()) {
      sleep_until(far_start());
      far = Child::start(options_.far, [&] { hosts_.enter_far(); });
    }
    wait_for(near.pid(), far ? far->pid() : 0);
    if (far && status_of(near.pid()) == 0) {
      wait_for(far->pid(), 0);
    }
    const int status = status_of(near.pid());
    return status == 0 && far ? status_of(far->pid()) : status;
  }

 private:
  [[nodiscard]] Duration far_start() const {
    const Duration earliest = std::chrono::steady_clock::now().time_since_epoch() + kHeadStart;
    return options_.is_time_virtual ? (earliest / kFarGrid + 1) * kFarGrid : earliest;
  }

  static void sleep_until(Duration time) {
    const timespec until = to_timespec(time);
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }

  struct Ended {
    pid_t pid;
    int status;
  };

  [[nodiscard]] bool has_ended(pid_t pid) const {
    return std::ranges::find(ended_, pid, &Ended::pid) != ended_.end();
  }

  // A process that did not end when asked to will be killed.
  [[nodiscard]] int status_of(pid_t pid) const {
    const auto found = std::ranges::find(ended_, pid, &Ended::pid);
    return found == ended_.end() ? 128 + SIGKILL : found->status;
  }

  // Until the process has ended, or did not when asked to. If `partner` fails first, asks it to.
  void wait_for(pid_t pid, pid_t partner) {
    while (!has_ended(pid)) {
      const timespec grace{.tv_sec = kGrace.count(), .tv_nsec = 0};
      const int signal = ::sigtimedwait(&waited_for_, nullptr, is_stopping_ ? &grace : nullptr);
      if (signal == SIGCHLD) {
        reap();
        if (has_ended(partner) && status_of(partner) != 0) {
          ask_to_end();
        }
      } else if (signal == SIGINT) {
        is_stopping_ = true;  // the terminal sent it to all of them: they get time to end
      } else if (signal > 0 || (errno == EAGAIN && !is_asked_)) {
        ask_to_end();
      } else if (errno == EAGAIN) {
        return;  // asked, and still running after the grace
      }
    }
  }

  void ask_to_end() {
    is_stopping_ = true;
    if (!std::exchange(is_asked_, true)) {
      ::kill(-1, SIGTERM);
    }
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      ended_.push_back({.pid = pid, .status = exit_status(status)});
    }
  }

  const HostsRunOptions& options_;
  const TwoHosts& hosts_;
  sigset_t waited_for_{};
  std::vector<Ended> ended_;
  bool is_stopping_ = false;
  bool is_asked_ = false;
};

void set_netem(const Profile& profile, const TwoHosts& hosts) {
  const NetemEquivalent netem = netem_equivalent(profile);
  const std::string attempted =
      "put netem on the link (does this kernel have sch_netem? --virtual has it)";
  hosts.enter_near();
  run_tool(netem_command(kLabDevice, netem.options[0]), attempted);
  hosts.enter_far();
  run_tool(netem_command(kLabDevice, netem.options[1]), attempted);
}

}  // namespace

HostsRunOutcome run_on_two_hosts(const HostsRunOptions& options) {
  PacketLog log = options.log.empty() ? PacketLog() : PacketLog(options.log);
  TwoHosts hosts(options.is_netem ? Wire::Veth : Wire::Emulator, options.profile.mtu);
  HostsRunOutcome outcome;
  if (options.is_netem) {
    set_netem(options.profile, hosts);
    outcome.status = TwoHosts::start_init([&] { return Init(options, hosts).run(); }).wait();
    return outcome;
  }
  Child init = TwoHosts::start_init([&] { return Init(options, hosts).run(); });
  Emulator emulator(hosts.ports(), options.profile, options.seed, log);
  if (options.on_ack) {
    emulator.follow_sweep(options.is_time_virtual ? kSweepGrid : Duration::zero(), options.on_ack);
  }
  emulator.run(init);
  outcome.status = init.wait();
  outcome.error = emulator.error();
  outcome.lost = emulator.lost();
  outcome.records = emulator.records();
  log.close();
  return outcome;
}

}  // namespace tcpstep
