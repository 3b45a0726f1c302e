// The queueing discipline of an interface.
#pragma once

#include <string>

namespace tcpstep {

// Kind of the root qdisc ("fq_codel", "mq", "noqueue"), asked over rtnetlink(7); empty if the
// kernel does not say.
[[nodiscard]] std::string qdisc_of(const std::string& interface);

}  // namespace tcpstep
