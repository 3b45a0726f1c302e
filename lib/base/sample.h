// One ping as it was measured, and what became of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "lib/base/units.h"

namespace tcpstep {

// What became of one ping. Everything but Ok ends the run.
enum class PingStatus : std::uint8_t {
  Ok,
  Timeout,      // no ack within the limit
  Reset,        // the peer or the network reset the connection
  Closed,       // the peer closed before its ack
  Protocol,     // unexpected data from the peer
  Interrupted,  // a signal asked us to stop
  Failed,       // any other error of the socket
};

template <>  // in result files
inline constexpr auto kNamesOf<PingStatus> =
    std::to_array<Word<PingStatus>>({{"ok", PingStatus::Ok},
                                     {"timeout", PingStatus::Timeout},
                                     {"reset", PingStatus::Reset},
                                     {"closed", PingStatus::Closed},
                                     {"protocol", PingStatus::Protocol},
                                     {"interrupted", PingStatus::Interrupted},
                                     {"failed", PingStatus::Failed}});

// What the kernel knows about one ping. A field the kernel does not give stays empty.
// The three parts of an RTT are the sending stack (from the first clock reading to the departure of
// the last payload byte), the wire and the peer (kernel_rtt), and the receiving stack (the rest).
struct PingEvidence {
  std::optional<Duration> kernel_rtt;  // last payload byte's departure to the ack's arrival
  std::optional<Duration> send_stack;
  std::optional<Duration> tcp_ack;        // last payload byte's departure to its TCP ACK's arrival
  std::optional<std::uint32_t> segments;  // data segments sent, retransmitted ones included
  std::optional<std::uint32_t> retransmits;  // of them
  std::optional<std::uint32_t> delivered;    // segments the peer has acknowledged
  std::optional<std::uint32_t> cwnd_segments;
  std::optional<std::uint32_t> srtt_us;  // the kernel's estimate after this ping (RFC 6298)
  std::optional<std::uint32_t> min_rtt_us;
  std::optional<std::uint32_t> doubtful;  // 1: the ack may have been resent, 0: not that late
};

// An ack that its sender had to send again: of which ping, counted from 1, and how many times.
struct ResentAck {
  std::uint64_t ping = 0;
  std::uint32_t times = 0;

  bool operator==(const ResentAck&) const = default;
};

struct Sample {
  std::uint32_t round = 0;  // 0 is not counted: warm-up
  PayloadSize size{1};
  Duration start{0};  // since the start of the run, just before the send
  Duration rtt{0};    // meaningful only if status is Ok; the full time of the ping, never halved
  PingEvidence evidence;
  PingStatus status = PingStatus::Ok;
};

}  // namespace tcpstep
