#include "lib/base/text.h"
#include "tcpstep_version.h"

namespace tcpstep {

std::string_view version() {
  return TCPSTEP_VERSION;
}

std::string_view version_and_git() {
  return "tcpstep " TCPSTEP_VERSION " (git " TCPSTEP_GIT_ID ")";
}

}  // namespace tcpstep
