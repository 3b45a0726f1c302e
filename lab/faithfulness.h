// Whether the emulator was on time: which results of a sweep a busy machine may have spoiled, by
// what the emulator saw of its packets.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "lab/emulator.h"
#include "lib/link/profile.h"
#include "lib/runfile/run_reader.h"

namespace tcpstep {

// One ping, seen by its packets.
struct PacketPing {
  Duration lateness{0};  // of the packet that was delivered latest after it was due
  Duration pause{0};     // of the near host before it: since the ack of the last ping
  Duration reaction{0};  // of the far host: from the last of the payload to the ack
  Duration link{0};      // from the first of the payload to the ack's delivery
  std::uint32_t segments{0};
  std::uint32_t tcp_acks{0};  // without payload, before the ack
};

// Pings in order: each ends with an ack, one byte. What TCP retransmitted counts once, and the
// frames that the two ends exchange are not pings.
[[nodiscard]] std::vector<PacketPing> packet_pings(std::span<const PacketRecord> records);

// What a ping looks like that the machine did not disturb.
struct Undisturbed {
  Duration limit{0};            // how late its packets may be at most, or how slow its hosts
  Duration hosts{0};            // what they need anyway
  bool is_pause_short = false;  // nor the near host between pings: it moves them on a time grid
  bool is_ack_usual = true;     // the far host sends a TCP ACK for every second segment
};

// The sizes whose minimum RTT cannot be trusted: every ping within `limit` of it was disturbed. All
// sizes, if the packets are not those of these rows.
[[nodiscard]] std::set<PayloadSize> doubtful_sizes(std::span<const Row> rows,
                                                   std::span<const PacketPing> pings,
                                                   const Undisturbed& undisturbed);

// The verdict on a run.
struct Faithfulness {
  Duration base{0};  // the one-byte RTT that the model predicts
  Duration p50{0};   // of the time from when a packet was due to when it was delivered
  Duration p99{0};
  std::set<PayloadSize> doubtful;
  bool is_virtual = false;
  bool is_faithful = true;

  // "emulator late by 3 µs (p50), 41 µs (p99): 0.2 % of the 20.94 ms of one byte"
  [[nodiscard]] std::string text() const;
};

// `tolerance` is a share of the one-byte RTT. `rows` are the results, if there are any to judge.
[[nodiscard]] Faithfulness judge(const SchedulingError& error,
                                 std::span<const PacketRecord> records, const Profile& profile,
                                 double tolerance, std::span<const Row> rows = {});

// "none", "1401 5101", or the first of many.
[[nodiscard]] std::string sizes_text(const std::set<PayloadSize>& sizes);

// True inside the virtual machine.
[[nodiscard]] bool is_time_virtual();

}  // namespace tcpstep
