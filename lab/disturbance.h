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
  Duration lateness{0};       // of the packet that was delivered latest after it was due
  Duration reaction{0};       // of the far host: from the last of the payload to the answer
  Duration link{0};           // from the first of the payload to the answer's delivery
  std::uint32_t tcp_acks{0};  // without payload, before the answer
};

// Pings in their order: an answer each. What TCP sent again counts once.
[[nodiscard]] std::vector<PacketPing> packet_pings(std::span<const PacketRecord> records);

// The sizes whose least RTT cannot be trusted: in every ping within `limit` of it a packet was late
// by more than `limit`, or the hosts needed
// `limit` more than their share, or the far host saved TCP ACKs that
// it mostly sends. All sizes, if the packets are not those of these rows.
[[nodiscard]] std::set<PayloadSize> doubtful_sizes(std::span<const Row> rows,
                                                   std::span<const PacketPing> pings,
                                                   Duration limit, Duration hosts_share);

}  // namespace tcpstep
