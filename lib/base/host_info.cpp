#include "lib/base/host_info.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.empty() ? "unknown" : line;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      const auto colon = line.find(": ");
      return colon == std::string::npos ? "unknown" : line.substr(colon + 2);
    }
  }
  return "unknown";
}

}  // namespace

HostInfo describe_host() {
  utsname names{};
  check_syscall(::uname(&names), "uname");
  const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
  return {
      .os = fmt::format("{} {} {}", names.sysname, names.release, names.machine),
      .cpu = fmt::format("{} ({} online)", cpu_model(), processors),
      .clocksource = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
  };
}

ClockInfo describe_clock() {
  timespec resolution{};
  check_syscall(::clock_getres(CLOCK_MONOTONIC, &resolution), "clock_getres CLOCK_MONOTONIC");
  using Clock = std::chrono::steady_clock;
  std::array<Duration, 201> costs{};
  for (Duration& cost : costs) {
    constexpr int kReadings = 50;
    const auto begin = Clock::now();
    for (int i = 1; i < kReadings; ++i) {
      static_cast<void>(Clock::now());
    }
    cost = (Clock::now() - begin) / kReadings;
  }
  std::ranges::nth_element(costs, costs.begin() + costs.size() / 2);
  return {.resolution = std::chrono::seconds(resolution.tv_sec) + Duration(resolution.tv_nsec),
          .reading_cost = costs[costs.size() / 2]};
}

}  // namespace tcpstep
