// Which results of a sweep the machine has spoilt, by what the emulator saw of its packets.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "lab/emulator.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

// One ping as its packets tell it.
struct PacketPing {
  Duration lateness{0};  // of the packet that was delivered latest after it was due
  Duration pause{0};     // of the near host before it: since the answer to the last one
  Duration reaction{0};  // of the far host: from the last of the payload to the answer
  Duration link{0};      // from the first of the payload to the answer's delivery
  std::uint32_t segments{0};
  std::uint32_t tcp_acks{0};  // without payload, before the answer
};

// Pings in their order: an answer of one byte each. What TCP sent again counts once, and what the
// two ends say to each other in frames is no ping.
[[nodiscard]] std::vector<PacketPing> packet_pings(std::span<const PacketRecord> records);

// What an undisturbed ping looks like.
struct Calm {
  Duration limit{0};            // most that its packets may be late, or its hosts slow
  Duration hosts{0};            // what they need anyway
  bool is_pause_short = false;  // nor the near host between pings: it moves them on a time grid
  bool is_ack_usual = true;     // the far host sends a TCP ACK for every second segment
};

// The sizes whose least RTT cannot be trusted: no ping within `limit` of it was calm. All sizes, if
// the packets are not those of these rows.
[[nodiscard]] std::set<PayloadSize> doubtful_sizes(std::span<const Row> rows,
                                                   std::span<const PacketPing> pings,
                                                   const Calm& calm);

}  // namespace tcpstep
