#include "lib/host/host_info.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
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

}  // namespace tcpstep
