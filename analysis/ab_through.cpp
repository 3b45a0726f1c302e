#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "analysis/ab_plan.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/cli/stop_signals.h"

namespace tcpstep {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartWithin{10'000};
constexpr milliseconds kEndWithin{2000};
constexpr std::string_view kListening = "0A";
constexpr std::string_view kAny;

// True if a socket of this host has the port, as proc(5) lists them: a connection would count as a
// client. `state` is a number in hexadecimal, or any.
bool has_socket(std::uint16_t port, std::string_view state) {
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(::access(table, R_OK) == 0 ? read_file(table) : std::string());
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string number;
      std::string local;
      std::string remote;
      std::string is;
      words >> number >> local >> remote >> is;
      if (local.ends_with(fmt::format(":{:04X}", port)) && (state == kAny || state == is)) {
        return true;
      }
    }
  }
  return false;
}

// Below those that the kernel gives to connections.
std::uint16_t free_port() {
  constexpr std::uint16_t kFirst = 10'000;
  constexpr std::uint16_t kCount = 20'000;
  std::random_device random;
  std::uint16_t port = 0;
  do {
    port = static_cast<std::uint16_t>(kFirst + random() % kCount);
  } while (has_socket(port, kAny));
  return port;
}

bool has_ended(const Child& child, milliseconds patience) {
  pollfd end{.fd = child.ended().get(), .events = POLLIN, .revents = 0};
  return ::poll(&end, 1, static_cast<int>(patience.count())) > 0;
}

void wait_until_listening(std::uint16_t port, const Child& child, const std::string& what) {
  constexpr milliseconds kStep{10};
  for (milliseconds waited{0}; !has_socket(port, kListening); waited += kStep) {
    if (StopSignals::received() != 0) {
      throw WorldError("interrupted");
    }
    if (has_ended(child, milliseconds(0)) || waited > kStartWithin) {
      throw WorldError(fmt::format("{} does not listen on 127.0.0.1:{}", what, port));
    }
    std::this_thread::sleep_for(kStep);
  }
}

// A process group of its own: whatever the shell has started is in it.
class Proxy {
 public:
  explicit Proxy(const std::string& command)
      : child_(Child::start({"/bin/sh", "-c", command}, [] { ::setpgid(0, 0); })) {
    ::setpgid(child_.pid(), child_.pid());  // whichever comes first
  }
  ~Proxy() {
    ::kill(-child_.pid(), SIGTERM);
    if (!has_ended(child_, kEndWithin)) {
      ::kill(-child_.pid(), SIGKILL);
    }
    child_.wait();
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] const Child& child() const { return child_; }

 private:
  Child child_;
};

}  // namespace

int measure_through(const std::string& command) {
  const StopSignals signals;  // which must not leave a proxy behind
  const std::uint16_t target = free_port();
  std::uint16_t listen = free_port();
  while (listen == target) {
    listen = free_port();
  }
  const auto address = [](std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); };
  const Child server = Child::start({sibling_program("tcpstep-server", "server"), "-1", "--quiet",
                                     "--bind=127.0.0.1", fmt::format("--port={}", target)});
  wait_until_listening(target, server, "tcpstep-server");
  int status = 0;
  {
    const std::string started = filled_in(command, {{"{listen}", address(listen)},
                                                    {"{target}", address(target)},
                                                    {"{listen_port}", std::to_string(listen)},
                                                    {"{target_port}", std::to_string(target)}});
    const Proxy proxy(started);
    wait_until_listening(listen, proxy.child(), printable(started, 100));
    status = Child::start({sibling_program("tcpstep-client", "client"), "--quiet",
                           fmt::format("--port={}", listen), "127.0.0.1"})
                 .wait(Interrupts::PassOn);
  }
  if (status != 0) {
    server.signal(SIGTERM);
  }
  const int of_server = server.wait();
  if (StopSignals::received() != 0) {
    return 128 + StopSignals::received();
  }
  return status != 0 ? status : of_server;
}

}  // namespace tcpstep
