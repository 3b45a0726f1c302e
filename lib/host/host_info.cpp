#include "lib/host/host_info.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnknown = "unknown";

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.empty() ? kUnknown : line;
}

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

std::string describe_virtualization() {
  const bool is_guest = (" " + cpu_fact("flags") + " ").find(" hypervisor ") != std::string::npos ||
                        fs::exists("/proc/device-tree/hypervisor");
  if (!is_guest) {
    return "none";
  }
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  return vendor == kUnknown ? "hypervisor" : vendor;
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

// Sleeps until given moments with the least timer slack there is, and sees how late it gets up.
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
  const std::string model = cpu_fact("model name");
  return {
      .name = names.nodename,
      .os = fmt::format("{} {} {}", names.sysname, names.release, names.machine),
      .cpu = model.empty() ? kUnknown : model,
      .processors = usable_processors(),
      .clocksource = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      .governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
      .virtualization = describe_virtualization(),
      .idle_exit = longest_idle_exit(),
      .load = std::strtod(first_line("/proc/loadavg").c_str(), nullptr),
  };
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
