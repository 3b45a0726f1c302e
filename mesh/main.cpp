// tcpstep-mesh: every pair of many hosts, measured in turn.
#include "lib/cli/program.h"
#include "mesh/coordinator.h"
#include "mesh/options.h"

int main(int argc, char** argv) {
  return tcpstep::run_program("tcpstep-mesh", [&] {
    const auto options = tcpstep::parse_mesh_options(argc, argv);
    return options ? tcpstep::run_mesh(*options) : tcpstep::kExitFine;
  });
}
