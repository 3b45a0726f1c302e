#include "lib/base/error.h"

namespace tcpstep {

void throw_system_error(int error_number, const std::string& attempted) {
  throw std::system_error(error_number, std::system_category(), attempted);
}

}  // namespace tcpstep
