// tcpstep-server: waits for clients, measures one sweep with each, writes one result file per run.
#include "lib/cli/program.h"
#include "lib/cli/screen.h"
#include "lib/host/doctor.h"
#include "server/options.h"
#include "server/server.h"

namespace tcpstep {
namespace {

int examine_this_host(const ServerOptions& options) {
  std::vector<InterfaceInfo> interfaces;
  for (const std::string& name : interfaces_up()) {
    interfaces.push_back(describe_interface(name));
  }
  const Screen screen = screen_of_output();
  print_text(wrapped_lines(render_examination(prepare_host(options.run.scheduling), interfaces),
                           screen.columns),
             screen);
  return kExitFine;
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-server", [&] {
    const auto options = tcpstep::parse_server_options(argc, argv);
    if (!options) {
      return tcpstep::kExitFine;
    }
    return options->is_doctor ? tcpstep::examine_this_host(*options)
                              : tcpstep::Server(*options).serve();
  });
}
