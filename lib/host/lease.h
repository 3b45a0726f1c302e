// The right of a process to measure, lent by the coordinator that has launched it (tcpstep-mesh):
// it ends with the coordinator, or after a time, and only one process of a host has it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "lib/base/units.h"
#include "lib/net/host_lock.h"

namespace tcpstep {

class Lease {
 public:
  static constexpr Duration kLongestWait = std::chrono::seconds(10);  // for another one to end

  // Reads the secret from the first line of standard input. From then on this process gets SIGTERM
  // once standard input ends, or after `time`. Waits until no other process of this host has a
  // lease. Throws WorldError if there is no secret, standard input has ended, or another process
  // does not end.
  explicit Lease(Duration time);

  // At most kLongestSecret bytes.
  [[nodiscard]] const std::string& secret() const { return secret_; }

 private:
  static constexpr std::size_t kLongestSecret = 1024;

  static std::string read_line();
  static void stop_at_end_of_input();
  static void stop_after(Duration time);
  static HostLock lock_host();

  std::string secret_;
  HostLock lock_;
};

}  // namespace tcpstep
