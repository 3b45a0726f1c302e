#include "lib/host/host_info.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

// The value of the first line of /proc/cpuinfo that begins with `key`, or nothing.
std::string cpu_fact(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return {};
}

// Names by which the firmware of virtual machines introduces itself, as systemd knows them.
bool is_name_of_guest(const std::string& name) {
  constexpr std::array kNames{"KVM",
                              "QEMU",
                              "VMware",
                              "VMW",
                              "innotek",
                              "VirtualBox",
                              "Xen",
                              "Bochs",
                              "Parallels",
                              "BHYVE",
                              "OpenStack",
                              "KubeVirt",
                              "Hyper-V",
                              "Google Compute Engine",
                              "Virtual Machine",
                              "Apple Virtualization"};
  return std::ranges::any_of(kNames,
                             [&](std::string_view known) { return name.starts_with(known); });
}

// Empty if nothing says whether this is a guest: the processor's flag on x86, which needs no file;
// elsewhere the device tree or the firmware's tables.
std::optional<bool> is_guest() {
#if defined(__x86_64__) || defined(__i386__)
  constexpr unsigned kHypervisor = 1U << 31U;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) {
    return (ecx & kHypervisor) != 0;
  }
#endif
  if (fs::exists("/proc/device-tree/hypervisor")) {
    return true;
  }
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  const std::string product = first_line("/sys/class/dmi/id/product_name");
  if (vendor.empty() && product.empty()) {
    return std::nullopt;
  }
  const bool is_of_amazon = vendor == "Amazon EC2" && !product.ends_with(".metal");
  return is_of_amazon || is_name_of_guest(vendor) || is_name_of_guest(product);
}

std::string describe_virtualization() {
  const auto guest = is_guest();
  if (!guest) {
    return {};
  }
  if (!*guest) {
    return "none";
  }
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  return vendor.empty() ? "hypervisor" : vendor;
}

Duration longest_idle_exit() {
  Duration longest{0};
  std::error_code ignored;
  for (const auto& state :
       fs::directory_iterator("/sys/devices/system/cpu/cpu0/cpuidle", ignored)) {
    if (first_line(state.path() / "disable") == "0") {
      const std::string latency = first_line(state.path() / "latency");
      longest = std::max<Duration>(
          longest, std::chrono::microseconds(std::strtoul(latency.c_str(), nullptr, 10)));
    }
  }
  return longest;
}

std::uint32_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::uint32_t>(CPU_COUNT(&set))
                                                       : 1;
}

using Clock = std::chrono::steady_clock;

template <std::size_t kCount>
Duration quantile(std::array<Duration, kCount>& values, std::size_t percent) {
  auto nth = values.begin() + (kCount - 1) * percent / 100;
  std::ranges::nth_element(values, nth);
  return *nth;
}

Duration cost_of_reading() {
  std::array<Duration, 201> costs{};
  for (Duration& cost : costs) {
    constexpr int kReadings = 50;
    const auto begin = Clock::now();
    for (int i = 1; i < kReadings; ++i) {
      static_cast<void>(Clock::now());
    }
    cost = (Clock::now() - begin) / kReadings;
  }
  return quantile(costs, 50);
}

// Sleeps for a given time with the smallest timer slack, and measures how late it wakes up.
std::array<Duration, 100> wakeup_delays() {
  const int slack = ::prctl(PR_GET_TIMERSLACK);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  std::array<Duration, 100> delays{};
  for (Duration& delay : delays) {
    constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 200'000};
    const auto due = Clock::now() + Duration(kNap.tv_nsec);
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
    delay = std::max(Clock::now() - due, Duration::zero());
  }
  ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(std::max(slack, 0)));
  return delays;
}

}  // namespace

HostInfo describe_host() {
  utsname names{};
  check_syscall(::uname(&names), "uname");
  return {
      .name = names.nodename,
      .os = fmt::format("{} {} {}", names.sysname, names.release, names.machine),
      .cpu = cpu_fact("model name"),
      .processors = usable_processors(),
      .clocksource = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      .governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
      .virtualization = describe_virtualization(),
      .idle_exit = longest_idle_exit(),
      .load = current_load(),
  };
}

// Without /proc, which a container may not have.
std::optional<double> current_load() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? std::optional(static_cast<double>(info.loads[0]) /
                                               static_cast<double>(1U << SI_LOAD_SHIFT))
                               : std::nullopt;
}

TimerTest test_timers() {
  timespec resolution{};
  check_syscall(::clock_getres(CLOCK_MONOTONIC, &resolution), "clock_getres CLOCK_MONOTONIC");
  auto delays = wakeup_delays();
  return {.resolution = std::chrono::seconds(resolution.tv_sec) + Duration(resolution.tv_nsec),
          .reading_cost = cost_of_reading(),
          .wakeup_median = quantile(delays, 50),
          .wakeup_p99 = quantile(delays, 99)};
}

}  // namespace tcpstep
