// One established TCP connection, seen from either end.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/net/address.h"
#include "lib/net/kernel_timestamps.h"
#include "lib/net/patience.h"
#include "lib/net/sockets.h"

namespace tcpstep {

// What the kernel knows about a connection at one moment. Empty where it does not say.
struct PathInfo {
  std::optional<Mss> mss;                      // TCP_MAXSEG: what a full segment carries now
  std::optional<std::uint32_t> path_mtu;       // bytes
  std::optional<std::uint32_t> cwnd_segments;  // congestion window
  std::optional<Duration> smoothed_rtt;        // RFC 6298
  std::optional<std::uint32_t> total_retransmits;
  std::string tcp_options;         // "timestamps sack wscale ecn", those negotiated
  std::string congestion_control;  // read back: "cubic"
  bool is_nodelay = false;         // read back
};

// What a peer's segments can carry: not more than this end has offered, and, once full ones have
// arrived, not far less than those.
struct MssRange {
  std::uint32_t least = 1;
  std::uint32_t most = PayloadSize::kLargest;
};

// What the kernel knows about the way of the acks, where their sender does not tell.
struct AckEvidence {
  std::optional<Duration> busy;  // with data sent and not acknowledged, in all; by whole ticks
  std::optional<Duration> expected_rtt;  // smoothed, RFC 6298
  std::optional<Duration> deviation;     // of it, likewise
};

// True if the ack of a ping, of which nothing of the payload was retransmitted, may have been: it
// came as late as only a retransmission timer explains. `before` and `after` are of the ping.
// Nothing if this kernel does not know.
[[nodiscard]] std::optional<bool> is_doubtful(Duration rtt, const AckEvidence& before,
                                              const AckEvidence& after);

// Asks the kernel for a congestion control by name (TCP_CONGESTION), for a connection or for those
// that a listener accepts from now on.
enum class CongestionResult : std::uint8_t {
  Set,
  NotOffered,    // by this kernel: its module is missing or not loaded
  NotPermitted,  // to this user: see net.ipv4.tcp_allowed_congestion_control in tcp(7)
};
CongestionResult set_congestion_control(const Fd& fd, const std::string& name) noexcept;

// An option of getsockopt(2) whose value is an int; -1 if it cannot be read.
[[nodiscard]] int read_option(const Fd& fd, int level, int option);

// Reads and writes, each bounded by the I/O timeout. TCP_NODELAY is on from the start.
class TcpConnection {
 public:
  // Takes over a connected socket whose other end is `peer`.
  TcpConnection(Fd fd, const Address& peer);

  // Connects to the first of `addresses` that accepts, within `timeout`: the next one is tried
  // after 250 ms without a response, or as soon as an attempt has failed (RFC 8305, section 5).
  // `show` gets a message when that takes longer than it should. The connection has
  // that congestion control from the first segment on (see Listener) if the kernel offers it.
  // Throws std::system_error ("connect to 192.0.2.1:19901: Connection refused") of the last
  // failure.
  static TcpConnection connect(std::span<const Address> addresses, Duration timeout,
                               const std::string& congestion_control = "",
                               const std::function<void(const std::string& message)>& show = {});
  static TcpConnection connect(const Address& peer, Duration timeout,
                               const std::string& congestion_control = "") {
    return connect(std::span(&peer, 1), timeout, congestion_control);
  }

  // Takes over a connected socket, for instance of another process.
  static TcpConnection adopt(Fd fd);

  // Limit of each wait for the peer, for the calling thread: of a ping from stay_idle() on, of each
  // receive_some(). Zero waits forever. It may take 25 % longer. A stop signal ends the wait too.
  void set_io_timeout(Duration timeout) { patience_.set_limit(timeout); }

  // How to wait for bytes from now on: asleep (the default), or polling.
  void set_wait(Wait wait) { wait_ = wait; }

  // Lets the kernel poll the network card for that long before it sleeps (SO_BUSY_POLL); zero
  // leaves it at the system's default (net.core.busy_read). Returns what is in effect afterwards,
  // which is less than wanted where the kernel does not permit it.
  std::chrono::microseconds set_busy_poll(std::chrono::microseconds wanted);

  // Enables kernel timestamps of every ping from now on; nothing may be in flight. Returns the
  // source in effect.
  TimestampSource set_timestamps(TimestampSource wanted,
                                 TcpAckStamps tcp_acks = TcpAckStamps::Off) {
    return timestamps_.enable(fd_, wanted, tcp_acks);
  }

  // --- Peer of PingTimer and Responder: these report by status and never throw. ---

  // Sends all of `payload`: one send(2) unless the kernel takes it in parts.
  [[nodiscard]] PingStatus send_all(std::span<const std::byte> payload) noexcept;

  // Receives the one byte of an ack with one recv(2). More than one byte is PingStatus::Protocol.
  [[nodiscard]] PingStatus receive_ack() noexcept;

  // Receives what is there, at least one byte. Empty status Ok and zero bytes never occur together:
  // the peer's orderly end is PingStatus::Closed.
  struct Received {
    PingStatus status;
    std::size_t bytes;
  };
  [[nodiscard]] Received receive_some(std::span<std::byte> buffer) noexcept;

  // Does nothing for `pause` (not even a system call that waits, if it is zero), and makes sure
  // that the peer has sent nothing: PingStatus::Protocol if there is unsolicited data.
  [[nodiscard]] PingStatus stay_idle(Duration pause) noexcept;

  // Adds to `sample`, a ping just measured, what the kernel knows about it: what has changed since
  // the last call, and the timestamps. An ack before all of its payload has arrived is
  // PingStatus::Protocol. `sent_at` is the reading of CLOCK_MONOTONIC before the send.
  void explain(Sample& sample, Duration sent_at) noexcept;

  // How many segments the kernel has retransmitted on this connection so far.
  [[nodiscard]] std::optional<std::uint32_t> retransmits() const noexcept;

  // --- For a process that waits for many connections at once: these never block. ---

  // What has arrived; empty if nothing has.
  [[nodiscard]] std::optional<Received> receive_now(std::span<std::byte> buffer) noexcept;

  // False if the kernel does not take all of it at once: the peer does not read.
  [[nodiscard]] bool send_now(std::string_view bytes) noexcept;

  // As many of the first bytes as the kernel takes at once; nothing if the connection has failed.
  [[nodiscard]] std::optional<std::size_t> send_some_now(std::string_view bytes) noexcept;

  // Closes the sending direction.
  void end_sending() noexcept;

  [[nodiscard]] const Fd& fd() const { return fd_; }

  // --- The end and the facts ---

  // Closes the sending direction, then waits up to `patience` for the peer to close.
  // PingStatus::Protocol if the peer sends anything instead.
  [[nodiscard]] PingStatus finish(Duration patience) noexcept;

  // True once the peer's kernel has acknowledged all that was sent, within `patience`.
  [[nodiscard]] bool wait_until_acknowledged(Duration patience) const;

  [[nodiscard]] PathInfo path_info() const;
  // What the MSS of the other end, which has sent the payloads, can be.
  [[nodiscard]] MssRange peer_mss() const;
  [[nodiscard]] const Address& peer() const { return peer_; }
  [[nodiscard]] Address local_address() const;

 private:
  ssize_t receive(std::span<std::byte> buffer) noexcept;
  ssize_t receive_once(std::span<std::byte> buffer, int flags) noexcept;
  // Out of line: the normal ping without timestamps does not need it.
  [[gnu::noinline]] ssize_t receive_again(std::span<std::byte> buffer, int flags) noexcept;
  [[gnu::noinline]] ssize_t receive_stamped(std::span<std::byte> buffer, int flags) noexcept;
  [[gnu::cold]] static PingStatus judge_bad_ack(ssize_t bytes) noexcept;
  [[gnu::cold]] static PingStatus judge_nothing(ssize_t bytes) noexcept;
  [[gnu::cold]] PingStatus send_rest(std::span<const std::byte> payload, ssize_t sent) noexcept;
  bool may_wait_on() noexcept;

  // What every ping needs is kept together, for the cache.
  Fd fd_;
  Wait wait_ = Wait::Block;
  KernelTimestamps timestamps_;
  Patience patience_;
  struct Counters {
    std::optional<std::uint32_t> segments;
    std::optional<std::uint32_t> retransmits;
    std::optional<std::uint32_t> delivered;
    AckEvidence ack;
  };
  Counters last_;  // as of the last ping explained
  Address peer_;
};

// --- The timed part of a normal ping: in the header, to be inlined into its caller.

inline PingStatus TcpConnection::send_all(std::span<const std::byte> payload) noexcept {
  const ssize_t sent = ::send(fd_.get(), payload.data(), payload.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(payload.size())) [[likely]] {
    timestamps_.note_sent(payload.size());
    return PingStatus::Ok;
  }
  return send_rest(payload, sent);
}

inline PingStatus TcpConnection::receive_ack() noexcept {
  std::array<std::byte, 16> ack;  // not set to zero: the kernel writes what counts
  const ssize_t bytes = receive(ack);
  return bytes == 1 ? PingStatus::Ok : judge_bad_ack(bytes);
}

inline TcpConnection::Received TcpConnection::receive_some(std::span<std::byte> buffer) noexcept {
  const ssize_t bytes = receive(buffer);
  if (bytes <= 0) [[unlikely]] {
    return {.status = judge_nothing(bytes), .bytes = 0};
  }
  patience_.renew();
  return {.status = PingStatus::Ok, .bytes = static_cast<std::size_t>(bytes)};
}

inline ssize_t TcpConnection::receive(std::span<std::byte> buffer) noexcept {
  const int flags = wait_ == Wait::Block ? 0 : MSG_DONTWAIT;
  const ssize_t bytes = receive_once(buffer, flags);
  return bytes >= 0 ? bytes : receive_again(buffer, flags);
}

inline ssize_t TcpConnection::receive_once(std::span<std::byte> buffer, int flags) noexcept {
  if (timestamps_.is_enabled()) [[unlikely]] {
    return receive_stamped(buffer, flags);
  }
  return ::recv(fd_.get(), buffer.data(), buffer.size(), flags);
}

}  // namespace tcpstep
