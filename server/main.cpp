// tcpstep-server: waits for clients, measures one sweep with each, writes one result file a run.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <exception>
#include <filesystem>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/print.h"
#include "lib/cli/run_program.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/listener.h"
#include "lib/report/render.h"
#include "lib/runfile/run_header.h"
#include "lib/runfile/run_writer.h"
#include "server/options.h"
#include "server/session.h"

namespace tcpstep {
namespace {

// What a status of a run means for its client.
std::string explain(const std::string& status, Duration timeout) {
  if (status == "timeout") {
    return fmt::format("the client did not answer within {}", format_duration(timeout));
  }
  if (status == "reset") {
    return "the connection was reset";
  }
  if (status == "closed") {
    return "the client closed the connection before it had answered";
  }
  if (status == "protocol") {
    return "the client sent a byte too many or too early";
  }
  return "the run ended early (" + status + ")";
}

class Server {
 public:
  explicit Server(ServerOptions options)
      : options_(std::move(options)), host_(prepare_host(options_.this_host.scheduling)) {
    if (options_.output.empty()) {
      check_results_directory();
    } else {
      output_.emplace(options_.output);  // a bad path must fail before the long part
    }
  }

  int serve() {
    const StopSignals signals;
    Listener listener = listen();
    say(fmt::format("tcpstep-server {} listening on {}, {} (Ctrl-C ends)", version(),
                    listener.local_address().text(),
                    output_ ? "result into " + options_.output.string()
                            : "results in " + (options_.results / "").string()));
    for (const Warning& warning : host_.warnings) {
      say(render(warning));
    }
    while (std::optional<TcpConnection> client = next_client(listener)) {
      const bool is_fine = measure(*client);
      if (const int signal = StopSignals::received(); signal != 0) {
        StopSignals::die_of(signal);
      }
      if (options_.is_one_off) {
        return is_fine ? kExitFine : kExitFailed;
      }
    }
    return kExitFine;  // stopped while nobody was measured
  }

 private:
  void check_results_directory() const {
    std::filesystem::create_directories(options_.results);
    OutputFile(options_.results / fmt::format(".probe-{}", ::getpid()));  // removed: it stays empty
  }

  [[nodiscard]] Listener listen() const {
    try {
      Listener listener(options_.bind_address, options_.port, options_.ip_version);
      if (options_.congestion_control != "system") {
        // If the kernel does not offer it, each run says so.
        static_cast<void>(listener.set_congestion_control(options_.congestion_control));
      }
      return listener;
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

  static std::optional<TcpConnection> next_client(Listener& listener) {
    const StopSignals::Hold hold;
    if (StopSignals::received() != 0) {
      return std::nullopt;
    }
    return listener.accept(hold.open_mask());
  }

  // True if the run is complete. Whatever happens in a run ends that run, never the server.
  bool measure(TcpConnection& client) {
    const std::string peer = client.peer().text();
    try {
      const RunOutcome outcome =
          run_session(client, options_, host_, [this] { return open_output(); });
      report(peer, outcome);
      return outcome.status == kComplete;
    } catch (const std::exception& error) {
      print_words(fmt::format("tcpstep-server: run with {}: {}", peer, error.what()));
      return false;
    }
  }

  OutputFile open_output() {
    return output_ ? std::move(*output_)
                   : create_run_file(options_.results, options_.link, options_.label);
  }

  void report(const std::string& peer, const RunOutcome& outcome) const {
    if (outcome.status != kComplete && outcome.status != to_word(PingStatus::Interrupted)) {
      print_words(fmt::format("tcpstep-server: run with {}: {}", peer,
                              explain(outcome.status, options_.timeout)));
    }
    if (options_.is_quiet || outcome.file.empty()) {
      return;
    }
    say(fmt::format("{:%H:%M:%S}  {}: {}, {} in {}", fmt::localtime(std::time(nullptr)), peer,
                    outcome.status, count_of(outcome.samples, "sample"), outcome.file.string()));
    for (const Warning& warning : outcome.warnings) {
      say(render(warning));
    }
    RunReader reader(outcome.file);
    RunCollection runs;
    runs.add(reader);
    print_data(render_text(std::array{penalty_table(runs.links()[0], Statistic::minimum())}));
  }

  void say(const std::string& line) const {
    if (!options_.is_quiet) {
      print_words(line);
    }
  }

  ServerOptions options_;
  HostFacts host_;
  std::optional<OutputFile> output_;
};

int run(const ServerOptions& options) {
  if (!options.is_doctor) {
    return Server(options).serve();
  }
  std::vector<InterfaceInfo> interfaces;
  for (const std::string& name : interfaces_up()) {
    interfaces.push_back(describe_interface(name));
  }
  print_data(render_examination(prepare_host(options.this_host.scheduling), interfaces));
  return kExitFine;
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-server", [&] {
    const auto options = tcpstep::parse_server_options(argc, argv);
    return options ? tcpstep::run(*options) : tcpstep::kExitFine;
  });
}
