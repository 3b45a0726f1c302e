// When the kernel, or the network card, saw a payload leave and its ack arrive
// (Documentation/networking/timestamping.rst).
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/fd.h"
#include "lib/base/units.h"

struct msghdr;

namespace tcpstep {

enum class TimestampSource : std::uint8_t {
  Off,
  Software,  // taken by the kernel where it hands a packet to the driver, and gets one from it
  Hardware,  // taken by the network card, on the card's own clock
};
template <>
inline constexpr auto kNamesOf<TimestampSource> =
    std::to_array<Word<TimestampSource>>({{"off", TimestampSource::Off},
                                          {"software", TimestampSource::Software},
                                          {"hardware", TimestampSource::Hardware}});

// Whether to stamp, too, when the TCP ACK of a payload's last byte arrives. It is of interest where
// the peer's program takes its time, such as a browser.
enum class TcpAckStamps : std::uint8_t { Off, On };

// Timestamps of one connection. They cost about 1 µs per ping, most of it for the departure.
class KernelTimestamps {
 public:
  // Enables timestamps on `fd`, which must have nothing in flight: departures are counted from now
  // on. Returns the source in effect: Software if the card has no clock, Off on an old kernel.
  TimestampSource enable(const Fd& fd, TimestampSource wanted, TcpAckStamps tcp_acks);
  [[nodiscard]] bool is_enabled() const { return source_ != TimestampSource::Off; }

  // --- In the timed part ---

  void note_sent(std::size_t bytes) { bytes_sent_ += static_cast<std::uint32_t>(bytes); }

  // Remembers the arrival stamp of a message that recvmsg(2) returned with its control data.
  void note_received(msghdr& message);

  // --- After it ---

  // Empties the socket's error queue. `sent_at` is the reading of CLOCK_MONOTONIC before the send,
  // `rtt` the time to the second one. Empty if a timestamp is missing, or if their clock
  // (CLOCK_REALTIME) was set meanwhile, or if the parts contradict the RTT. With a card's
  // timestamps the sending stack is unknown: its clock is another one.
  struct Explained {
    std::optional<Duration> send_stack;  // from the first reading to the last byte's departure
    std::optional<Duration> kernel_rtt;  // from there to the ack's arrival
    std::optional<Duration> tcp_ack;     // from there to the TCP ACK of that byte, if it is stamped
  };
  [[nodiscard]] Explained explain(const Fd& fd, Duration sent_at, Duration rtt);

 private:
  // Of the payload's last byte, when it left and when TCP acknowledged it.
  struct LastByte {
    std::optional<Duration> departed_at;
    std::optional<Duration> acknowledged_at;
  };
  LastByte stamps_of_last_byte(const Fd& fd);

  TimestampSource source_ = TimestampSource::Off;
  std::uint32_t bytes_sent_ = 0;  // as the kernel counts them for SOF_TIMESTAMPING_OPT_ID
  std::optional<Duration> received_at_;
  std::optional<Duration> clock_offset_;  // CLOCK_REALTIME minus CLOCK_MONOTONIC at the last ping
};

}  // namespace tcpstep
