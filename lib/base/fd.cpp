#include "lib/base/fd.h"

#include <unistd.h>

namespace tcpstep {

Fd::~Fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

}  // namespace tcpstep
