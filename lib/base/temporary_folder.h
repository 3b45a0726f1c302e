// A folder for half-made things, gone with everything in it at the end.
#pragma once

#include <filesystem>

#include "lib/base/fd.h"

namespace tcpstep {

class TemporaryFolder {
 public:
  // Makes one in $TMPDIR or /tmp, and removes those that killed processes have left there.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Fd lock_;  // held as long as the folder is in use; the kernel lets go of it for a killed process
};

}  // namespace tcpstep
