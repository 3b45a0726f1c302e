// The run that the files in corpus/result_check are about, rightly or not.
#pragma once

#include <chrono>
#include <string>

#include "lib/sweep/result_check.h"
#include "lib/sweep/run_description.h"

namespace tcpstep {

inline AgreedRun agreed_run(bool is_anonymous = false, bool has_peer_retransmits = false,
                            const std::string& status = "complete") {
  using namespace std::chrono_literals;
  AgreedRun agreed;
  agreed.settings.sweep = {.link = "fuzz",
                           .direction = MeasuredDirection::Up,
                           .sizes = parse_sizes("1,100,2000,boundaries"),
                           .rounds = 2,
                           .seed = 7,
                           .timeout = 1s};
  agreed.settings.is_anonymous = is_anonymous;
  agreed.settings.has_peer_retransmits = has_peer_retransmits;
  HostFacts host;
  host.info.os = "Linux";
  host.info.processors = 0;  // not known
  const EndAddresses seen{.server = "192.0.2.1:19901", .client = "192.0.2.2:4711"};
  agreed.facts =
      describe_lost_run(agreed.settings,
                        {.run_id = "00000000-0000-4000-8000-000000000000",
                         .protocol = Protocol::Negotiated,
                         .peer = {{"os", "Linux"}},
                         .started_utc = "2026-11-22T20:00:00.000000Z",
                         .seen_by_server = seen,
                         .seen_by_client = {.server = seen.server, .client = "10.0.0.2:4711"}},
                        host);
  agreed.longest = 10s;
  agreed.status = status;
  agreed.acked = 21;
  agreed.mss = {.least = 536, .most = 1460};
  return agreed;
}

}  // namespace tcpstep
