// A small machine (qemu, TCG) with calculated time: one nanosecond per instruction, idle time is
// skipped. Same input, same run, to the nanosecond, whatever else the host does.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/base/process.h"

namespace tcpstep {

// The text of virtual_machine.sh, compiled in.
[[nodiscard]] std::string_view virtual_machine_script();

class VirtualMachine {
 public:
  static constexpr const char* kOutput = "/out";  // a folder inside; its files come out

  // `kernel` is an image to boot; if empty, Debian's, fetched with apt into a cache.
  explicit VirtualMachine(std::string kernel);

  // Copies a profile, a name or a file, into the machine. Returns what it is called there: always
  // the same.
  [[nodiscard]] std::string add_profile(const std::string& profile);

  // Boots, runs `command` with our programs on the PATH, prints its standard error with the
  // profile's own name, and returns its exit status. Throws WorldError if the machine cannot be
  // made or ends early. Call it once.
  int run(const Command& command, const std::string& profile);

  // After run(): the command's standard output.
  [[nodiscard]] std::string printed() const;

  // After run(): what the command left in kOutput.
  [[nodiscard]] std::filesystem::path output() const { return folder_.path() / "out"; }

 private:
  std::string kernel_;
  TemporaryFolder folder_;
};

// True if qemu is installed.
[[nodiscard]] bool is_virtual_machine_possible();

}  // namespace tcpstep
