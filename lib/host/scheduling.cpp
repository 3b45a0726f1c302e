#include "lib/host/scheduling.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

constexpr int kPriority = 10;  // above all ordinary tasks, below the kernel's own threads (50)

cpu_set_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  check_syscall(::sched_getaffinity(0, sizeof set, &set), "sched_getaffinity");
  return set;
}

std::string list_of(const cpu_set_t& set) {
  std::string list;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) {
      list += fmt::format("{}{}", list.empty() ? "" : ",", cpu);
    }
  }
  return list;
}

void pin_to(std::uint32_t cpu) {
  const cpu_set_t usable = usable_cpus();
  if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &usable)) {
    throw WorldError(fmt::format("cannot run on processor {}", cpu),
                     fmt::format("--cpu: this process may use {}.", list_of(usable)));
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  check_syscall(::sched_setaffinity(0, sizeof one, &one), "pin to processor {}", cpu);
}

std::string this_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "the program's file" : path.string();
}

void run_in_realtime(std::vector<Warning>& warnings) {
  const sched_param priority{.sched_priority = kPriority};
  if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
    warnings.push_back(
        warning_now("no_realtime", {{"error", std::strerror(errno)}, {"program", this_program()}}));
    return;
  }
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    warnings.push_back(warning_now("no_mlock", {{"error", std::strerror(errno)}}));
  }
}

}  // namespace

EffectiveScheduling apply(const Scheduling& wanted) {
  const cpu_set_t before = usable_cpus();
  if (wanted.wait == Wait::Spin && CPU_COUNT(&before) < 2) {
    throw WorldError("spinning on the only processor would starve all other programs",
                     "--wait spin needs two processors. Use --wait block.");
  }
  EffectiveScheduling effective;
  if (wanted.cpu) {
    pin_to(*wanted.cpu);
  }
  if (wanted.is_realtime) {
    run_in_realtime(effective.warnings);
  }
  const cpu_set_t after = usable_cpus();
  effective.cpu = CPU_COUNT(&after) == 1 ? list_of(after) : "any";
  effective.realtime = ::sched_getscheduler(0) == SCHED_FIFO ? "on" : "off";
  return effective;
}

SchedulingGuard::SchedulingGuard() : cpus_(usable_cpus()), policy_(::sched_getscheduler(0)) {}

SchedulingGuard::~SchedulingGuard() {
  const sched_param ordinary{};
  ::sched_setaffinity(0, sizeof cpus_, &cpus_);
  if (policy_ == SCHED_OTHER && ::sched_getscheduler(0) != policy_) {
    ::sched_setscheduler(0, policy_, &ordinary);
    ::munlockall();
  }
}

KeptOff::KeptOff(std::uint32_t cpu) {
  cpu_set_t others = usable_cpus();
  CPU_CLR(cpu, &others);
  if (CPU_COUNT(&others) > 0) {
    static_cast<void>(::sched_setaffinity(0, sizeof others, &others));
  }
}

}  // namespace tcpstep
