#include <fmt/format.h>

#include "lib/base/escape.h"
#include "lib/report/render_matrix.h"

namespace tcpstep {

std::string render_html(const Matrix& matrix) {
  return extent_text(matrix);
}

}  // namespace tcpstep
