// The gnuplot scripts of the pictures: text only, with their data inside.
#pragma once

#include <string>
#include <string_view>

#include "lib/report/link_runs.h"

namespace tcpstep {

struct PlotScript {
  std::string name;  // without suffix: "closeup-lan"
  std::string text;  // draws <name>.png and, if has_svg, <name>.svg into the current folder
  bool has_svg;      // above 5000 points an SVG is larger than anyone wants
};

// Every sample, the median and the minimum over payload size. `link` has samples; the picture is
// called all-<stem>.
[[nodiscard]] PlotScript all_results_script(const LinkRuns& link, std::string_view stem);

// The minimum of every size, the band up to the lower quartile, and the penalty of every class:
// closeup-<stem>.
[[nodiscard]] PlotScript closeup_script(const LinkRuns& link, std::string_view stem);

}  // namespace tcpstep
