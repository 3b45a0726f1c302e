// tcpstep-client: requests a sweep and takes part in it; acks the payloads of a classic server.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "client/options.h"
#include "client/outcome.h"
#include "client/run.h"
#include "lib/base/error.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/host/lease.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// In short pieces: a stop signal does not end a sleep.
void sleep_between_runs(Duration pause) {
  const auto end = std::chrono::steady_clock::now() + pause;
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::min<Duration>(end - std::chrono::steady_clock::now(), 100ms));
    StopSignals::die_if_received();
  }
}

// All requested runs. The first failure ends them.
int take_runs(const ClientOptions& options) {
  const StopSignals signals;
  std::optional<Secret> secret;
  std::optional<Lease> lease;
  if (options.lease) {
    secret.emplace(Secret::drawn(lease.emplace(*options.lease).secret()));
  }
  if (!options.secret_file.empty()) {
    secret.emplace(read_secret(options.secret_file));
  }
  const HostFacts host = prepare_host(options.this_host.scheduling);
  for (const Warning& warning : host.scheduling.warnings) {
    print_lines(fmt::format("tcpstep-client: {}\n  {}", warning.text, warning.remedy));
  }
  if (!options.save.empty()) {
    prepare_folder(options.save);
  }
  ClientOptions of_run = options;
  std::uint64_t number = 0;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    for (const MeasuredDirection direction : options.directions) {
      if (i > 0 || direction != options.directions.front()) {
        sleep_between_runs(options.pause);
      }
      if (!options.save.empty()) {
        of_run.output = saved_run(options.save, ++number);
      }
      perform_run(of_run, direction, host, secret ? &*secret : nullptr);
    }
  }
  return kExitFine;
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-client", [&] {
    const auto options = tcpstep::parse_client_options(argc, argv);
    return options ? tcpstep::take_runs(*options) : tcpstep::kExitFine;
  });
}
