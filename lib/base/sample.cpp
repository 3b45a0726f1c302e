#include "lib/base/sample.h"

namespace tcpstep {

std::string_view to_word(PingStatus status) {
  switch (status) {
    case PingStatus::Ok:
      return "ok";
    case PingStatus::Timeout:
      return "timeout";
    case PingStatus::Reset:
      return "reset";
    case PingStatus::Closed:
      return "closed";
    case PingStatus::Protocol:
      return "protocol";
    case PingStatus::Interrupted:
      return "interrupted";
    case PingStatus::Failed:
      return "failed";
  }
  return "failed";
}

}  // namespace tcpstep
