// What the lab adds to the header of a result file.
#pragma once

#include <string>
#include <string_view>

#include "lab/faithfulness.h"
#include "lab/hosts_run.h"
#include "lab/options.h"

namespace tcpstep {

// The "# lab_…" lines; docs/result_format.md describes them.
[[nodiscard]] std::string lab_header(const LinkOptions& link, bool is_netem,
                                     const HostsRunOutcome& outcome,
                                     const Faithfulness& faithfulness);

// The text of a result file with `lines` added at the end of its header.
[[nodiscard]] std::string with_lab_header(const std::string& text, std::string_view lines);

// The text of a result file from the virtual machine, with the names of link, profile and label
// that it does not know inside, and with a run_id made from all of it: machines that do the same
// draw the same one.
[[nodiscard]] std::string with_names(std::string text, const LinkOptions& link,
                                     const std::string& label);

}  // namespace tcpstep
