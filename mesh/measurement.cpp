#include "mesh/measurement.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/protocol/authentication.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kServer = "tcpstep-server";
constexpr std::string_view kClient = "tcpstep-client";
constexpr Duration kTimeToDeliver = 15s;   // for the result, once the client has ended
constexpr Duration kLongestSilence = 15s;  // of the other end, in a run
constexpr std::string_view kListening = " listening on ";  // what they print once they run
constexpr std::string_view kConnected = " connected to ";
constexpr int kCannotRun = 127;
constexpr int kCannotConnect = 255;  // of ssh

std::string whole_milliseconds(Duration duration) {
  return fmt::format("{}ms", std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

// A name may mean the loopback interface on its own host (/etc/hosts of Debian): only a number says
// where to listen.
bool is_numeric(const std::string& address) {
  return address.find(':') != std::string::npos ||
         address.find_first_not_of("0123456789.") == std::string::npos;
}

std::vector<std::string> server_arguments(const MeshHost& host,
                                          const MeasurementSettings& settings) {
  std::vector<std::string> arguments{"--lease=" + whole_milliseconds(settings.deadline),
                                     "--max-time=" + whole_milliseconds(settings.deadline),
                                     "--max-bytes=1000GiB",
                                     "--max-pings=1000000000",
                                     "--output=-",
                                     fmt::format("--port={}", settings.port)};
  if (is_numeric(host.address)) {
    arguments.push_back("--bind=" + host.address);
  }
  return arguments;
}

std::vector<std::string> client_arguments(const MeshHost& server, const std::string& link,
                                          const MeasurementSettings& settings) {
  std::vector<std::string> arguments{
      "--lease=" + whole_milliseconds(settings.deadline),
      "--max-time=" + whole_milliseconds(settings.deadline),
      "--max-bytes=1000GiB",
      fmt::format("--port={}", settings.port),
      "--timeout=" + whole_milliseconds(std::min(settings.deadline, kLongestSilence)),
      "--link=" + link,
      "--direction=" + to_text(settings.direction)};
  arguments.insert(arguments.end(), settings.sweep.begin(), settings.sweep.end());
  arguments.push_back(server.address);
  return arguments;
}

bool was_started(const Launched& program) {
  return program.status() != kCannotRun && program.status() != kCannotConnect;
}

Failure failure_of(const MeshHost& host, std::string_view program, const Launched& launched,
                   const std::string& otherwise) {
  const std::string complaint = launched.complaint();
  std::string reason = complaint;
  if (reason.empty()) {
    reason = launched.status().value_or(0) != 0
                 ? fmt::format("{} ended with exit status {}", program, *launched.status())
                 : fmt::format("{} {}", program, otherwise);
  }
  return {.reason = fmt::format("{}: {}", host.name, reason),
          .unreachable = was_started(launched) ? std::nullopt : std::optional(host.name)};
}

// What keeps the server's output from being the run that was asked for.
std::string fault_of(const std::string& output, const std::string& link) {
  const std::string name = "output";
  try {
    RunReader reader(ByteSource(std::make_unique<std::istringstream>(output)), name, Scrutiny::All);
    if (reader.header().link() != link) {
      return fmt::format("the result is of link '{}'", printable(reader.header().link()));
    }
    while (reader.next()) {
    }
    if (!reader.trailer() || reader.trailer()->status != kComplete) {
      return fmt::format("the run is not complete: {}",
                         reader.trailer() ? printable(reader.trailer()->status) : "cut off");
    }
    return {};
  } catch (const WorldError& error) {
    const std::string what = error.what();
    return what.starts_with(name) ? "no result file: line" + printable(what.substr(name.size()))
                                  : printable(what, 200);
  }
}

void write_new(const std::filesystem::path& path, std::string_view bytes) {
  const Fd file(check_syscall(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644),
                              "create {}", path.string()));
  write_all(file, bytes, path.string());
}

class Measurement {
 public:
  Measurement(const Launcher& launcher, const MeshHost& from, const MeshHost& to,
              const MeasurementSettings& settings)
      : settings_(settings),
        link_(link_between(from, to)),
        server_host_(settings.direction == MeasuredDirection::Up ? to : from),
        client_host_(settings.direction == MeasuredDirection::Up ? from : to),
        launcher_(launcher) {}

  std::optional<Failure> run(const std::filesystem::path& file) {
    const std::string secret = random_hex(32) + '\n';
    Launched server(
        launcher_.start(server_host_, kServer, server_arguments(server_host_, settings_)), secret);
    if (auto failure = wait_for_server(server)) {
      return failure;
    }
    Launched client(
        launcher_.start(client_host_, kClient, client_arguments(server_host_, link_, settings_)),
        secret);
    if (auto failure = wait_for_client(server, client)) {
      return failure;
    }
    return keep_result(server, file);
  }

 private:
  std::optional<Failure> wait_for_server(Launched& server) const {
    const auto listens = [&] { return server.messages().find(kListening) != std::string::npos; };
    const auto is_decided = [&] { return server.status() || listens() || server.is_flooding(); };
    const auto limit = std::min(started_ + settings_.start_within, deadline());
    if (Launched::attend({&server}, limit, is_decided) && listens() && !server.status()) {
      return std::nullopt;
    }
    Failure failure = failure_of(server_host_, kServer, server, "did not listen in time");
    if (!server.status()) {  // it hangs
      failure.unreachable = server_host_.name;
    }
    return failure;
  }

  std::optional<Failure> wait_for_client(Launched& server, Launched& client) const {
    const auto is_over = [&] {
      return client.status() || server.is_flooding() || client.is_flooding();
    };
    const auto has_started = [&] {
      return is_over() || client.messages().find(kConnected) != std::string::npos;
    };
    const auto limit =
        std::min<Clock::time_point>(Clock::now() + settings_.start_within, deadline());
    if (!Launched::attend({&server, &client}, limit, has_started)) {
      Failure failure = failure_of(client_host_, kClient, client, "did not start in time");
      failure.unreachable = client_host_.name;
      return failure;
    }
    if (!Launched::attend({&server, &client}, deadline(), is_over)) {
      return Failure{
          .reason = fmt::format("{} and {}: not finished within {} (--deadline)", server_host_.name,
                                client_host_.name, rough_duration(settings_.deadline)),
          .unreachable = {}};
    }
    if (client.status() == 0) {
      return std::nullopt;
    }
    return failure_of(client_host_, kClient, client, "printed too much");
  }

  std::optional<Failure> keep_result(Launched& server, const std::filesystem::path& file) const {
    const auto limit = std::min<Clock::time_point>(deadline(), Clock::now() + kTimeToDeliver);
    Launched::attend({&server}, limit, [&] { return server.status() || server.is_flooding(); });
    if (server.status() != 0) {
      return failure_of(server_host_, kServer, server, "did not deliver the result");
    }
    const std::string output = server.take_output();
    if (const std::string fault = fault_of(output, link_); !fault.empty()) {
      return Failure{.reason = fmt::format("{}: {}", server_host_.name, fault), .unreachable = {}};
    }
    write_new(file, output);
    return std::nullopt;
  }

  [[nodiscard]] Clock::time_point deadline() const { return started_ + settings_.deadline; }

  const MeasurementSettings& settings_;
  std::string link_;
  const MeshHost& server_host_;
  const MeshHost& client_host_;
  const Launcher& launcher_;
  Clock::time_point started_ = Clock::now();
};

}  // namespace

std::optional<Failure> measure(const Launcher& launcher, const MeshHost& from, const MeshHost& to,
                               const MeasurementSettings& settings,
                               const std::filesystem::path& file) {
  try {
    return Measurement(launcher, from, to, settings).run(file);
  } catch (const std::system_error& error) {  // a full disk, no processes
    return Failure{.reason = printable(error.what(), 200), .unreachable = {}};
  }
}

std::optional<Failure> probe(const Launcher& launcher, const MeshHost& host, Duration within) {
  for (const std::string_view program : {kServer, kClient}) {
    Launched launched(launcher.start(host, program, {"--version"}), {});
    const bool has_ended = Launched::attend({&launched}, Clock::now() + within, [&] {
      return launched.status() || launched.is_flooding();
    });
    const std::string& said = launched.output();
    const std::string expected = fmt::format("tcpstep {} ", version());
    if (has_ended && launched.status() == 0 && said.starts_with(expected)) {
      continue;
    }
    Failure failure = failure_of(host, program, launched,
                                 has_ended ? "printed nothing" : "did not start in time");
    if (launched.status() == 0 && !said.empty()) {
      failure.reason = fmt::format("{}: {} is '{}', not version {}", host.name, program,
                                   printable(said.substr(0, said.find('\n'))), version());
    }
    failure.unreachable = host.name;
    return failure;
  }
  return std::nullopt;
}

}  // namespace tcpstep
