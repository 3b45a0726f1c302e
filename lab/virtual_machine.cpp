#include "lab/virtual_machine.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/link/profile_file.h"

namespace tcpstep {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotBeMade = 125;
constexpr const char* kTakeTurns = "take_turns.so";
constexpr const char* kProfile = "link.profile";

fs::path found_program(const std::string& name, const std::string& folder) {
  fs::path path = sibling_program(name, folder);
  if (!path.has_parent_path()) {
    throw WorldError(fmt::format("cannot find {} beside tcpstep-lab", name),
                     "Build or install all of tcpstep: the virtual machine needs its programs.");
  }
  return path;
}

// Beside this program in the build tree, or installed with it.
std::optional<fs::path> find_take_turns() {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& folder : {here, here.parent_path() / TCPSTEP_INSTALLED_LIBRARIES}) {
    if (fs::exists(folder / kTakeTurns)) {
      return folder / kTakeTurns;
    }
  }
  return std::nullopt;
}

}  // namespace

VirtualMachine::VirtualMachine(std::string kernel) : kernel_(std::move(kernel)) {
  const fs::path programs = folder_.path() / "programs";
  fs::create_directory(programs);
  fs::create_directory(output());
  fs::copy_file(fs::read_symlink("/proc/self/exe"), programs / "tcpstep-lab");
  fs::copy_file(found_program("tcpstep-server", "server"), programs / "tcpstep-server");
  fs::copy_file(found_program("tcpstep-client", "client"), programs / "tcpstep-client");
  if (const auto library = find_take_turns()) {
    fs::copy_file(*library, folder_.path() / kTakeTurns);
  } else {
    print_message(
        fmt::format("tcpstep-lab: {} is missing: two runs may differ by nanoseconds", kTakeTurns));
  }
}

std::string VirtualMachine::add_profile(const std::string& profile) {
  replace_file(folder_.path() / "programs" / kProfile, profile_text(profile));
  return fs::path("/programs") / kProfile;
}

int VirtualMachine::run(const Command& command, const std::string& profile) {
  const StopSignals signals;
  const fs::path& folder = folder_.path();
  replace_file(folder / "virtual_machine.sh", virtual_machine_script());
  Command machine{"sh", folder / "virtual_machine.sh", folder, kernel_};
  machine.insert(machine.end(), command.begin(), command.end());
  const int status = Child::start(machine).wait();
  if (const int signal = StopSignals::received(); signal != 0) {
    StopSignals::die_of(signal);
  }
  if (status == kCannotBeMade) {
    throw WorldError("cannot start the virtual machine; see the error above");
  }
  if (std::string messages = read_file(folder / "stderr"); !messages.empty()) {
    constexpr std::string_view kInside = "tcpstep-lab: link";
    if (messages.starts_with(kInside)) {
      messages.replace(0, kInside.size(), "tcpstep-lab: " + profile);
    }
    print_lines(std::string_view(messages).substr(0, messages.size() - 1));
  }
  if (read_file(folder / "out.tar").empty()) {
    print_lines("Its console:\n" + read_file(folder / "console"));
    throw WorldError(fmt::format("the virtual machine ended early (qemu's status {})", status));
  }
  run_tool({"tar", "-C", output(), "-xf", folder / "out.tar"}, "unpack the machine's output");
  return std::stoi(read_file(output() / ".status"));
}

std::string VirtualMachine::printed() const {
  return read_file(folder_.path() / "stdout");
}

bool is_virtual_machine_possible() {
  const Command find{"sh", "-c",
                     "PATH=$PATH:/usr/sbin:/sbin; command -v qemu-system-x86_64 >/dev/null"};
  return Child::start(find).wait() == 0;
}

}  // namespace tcpstep
