// A small machine (qemu, TCG) whose time is calculated: one nanosecond for each instruction, and
// idle time is skipped. Same input, same run, to the nanosecond, whatever else the host does.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/base/process.h"

namespace tcpstep {

// The text of virtual_machine.sh, which this program carries with it.
[[nodiscard]] std::string_view virtual_machine_script();

class VirtualMachine {
 public:
  static constexpr const char* kOutput = "/out";  // a folder inside; what is in it is brought out

  // `kernel` is an image to boot; empty: Debian's, fetched with apt into a cache.
  explicit VirtualMachine(std::string kernel);

  // Makes a profile known inside; returns what it is called there.
  [[nodiscard]] std::string add_profile(const std::string& profile);

  // Boots, runs `words` with our programs on the PATH, passes its standard error on, and returns
  // its exit status. Throws WorldError if the machine cannot be made or ends early. Call it once.
  int run(const Command& words);

  // After run(): what it wrote to standard output.
  [[nodiscard]] std::string printed() const;

  // After run(): what was left in kOutput.
  [[nodiscard]] std::filesystem::path output() const { return folder_.path() / "out"; }

 private:
  std::string kernel_;
  TemporaryFolder folder_;
};

// True if this host has what it takes to run one, or can get the rest with apt.
[[nodiscard]] bool is_virtual_machine_possible();

}  // namespace tcpstep
