#include "analysis/ab_through.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "analysis/ab_plan.h"
#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/process.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartWithin{10'000};
constexpr milliseconds kEndWithin{2000};

// A socket on a free port of this host, held until others have theirs.
struct FreePort {
  Fd socket{
      static_cast<int>(check_syscall(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"))};
  std::uint16_t number = 0;

  FreePort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    check_syscall(::bind(socket.get(), any, size), "bind to 127.0.0.1");
    check_syscall(::getsockname(socket.get(), any, &size), "getsockname");
    number = ntohs(address.sin_port);
  }
};

// As proc(5) lists sockets in the state LISTEN, without a connection that would count as a client.
bool is_listening(std::uint16_t port) {
  constexpr std::pair<const char*, int> kTables[] = {{"/proc/net/tcp", 8}, {"/proc/net/tcp6", 32}};
  return std::any_of(std::begin(kTables), std::end(kTables), [&](const auto& table) {
    const auto& [path, digits] = table;
    return ::access(path, R_OK) == 0 &&
           read_file(path).find(fmt::format(":{:04X} {:0>{}}:0000 0A", port, 0, digits)) !=
               std::string::npos;
  });
}

bool has_ended(const Child& child, milliseconds patience) {
  pollfd end{.fd = child.ended().get(), .events = POLLIN, .revents = 0};
  return ::poll(&end, 1, static_cast<int>(patience.count())) > 0;
}

void wait_until_listening(std::uint16_t port, const Child& child, const std::string& what) {
  constexpr milliseconds kStep{10};
  for (milliseconds waited{0}; !is_listening(port); waited += kStep) {
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

std::pair<std::uint16_t, std::uint16_t> two_free_ports() {
  const FreePort one;
  const FreePort other;
  return {one.number, other.number};
}

}  // namespace

int measure_through(const std::string& command) {
  const auto [target, listen] = two_free_ports();
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
                 .wait();
  }
  if (status != 0) {
    server.signal(SIGTERM);
  }
  const int of_server = server.wait();
  return status != 0 ? status : of_server;
}

}  // namespace tcpstep
