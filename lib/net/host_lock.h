// A lock that one process of this host holds at a time.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lib/base/fd.h"

namespace tcpstep {

// The kernel releases it when the last process that has it ends, however it ends. It is a name of
// an abstract socket (unix(7)): no file, no rights, one for each network namespace.
class HostLock {
 public:
  // Nothing if another process holds it.
  [[nodiscard]] static std::optional<HostLock> try_take(const std::string& name);

 private:
  explicit HostLock(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

}  // namespace tcpstep
