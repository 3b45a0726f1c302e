#include "lab/table.h"

namespace tcpstep {
std::string render_table(std::span<const TableColumn>, TableFormat) {
  return {};
}
int make_table(const TableOptions&) {
  return 1;
}
}  // namespace tcpstep
