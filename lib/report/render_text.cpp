#include "lib/report/render.h"
#include "lib/report/table_text.h"

namespace tcpstep {

std::string render_text(std::span<const PenaltyTable> tables, const TextOptions& options) {
  if (tables.empty()) {
    return {};
  }
  if (tables.size() > 1 && !options.has_details) {
    return overview_text(tables, options.screen);
  }
  std::string text = tables.size() > 1 ? overview_text(tables, options.screen) : std::string();
  for (const PenaltyTable& table : tables) {
    text += (text.empty() ? "" : "\n") + link_text(table, options.screen, options.has_fit);
  }
  return text;
}

}  // namespace tcpstep
