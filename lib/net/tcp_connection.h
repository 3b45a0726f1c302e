// One established TCP connection, seen from either end.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/path_info.h"
#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/base/wait.h"
#include "lib/net/address.h"
#include "lib/net/kernel_timestamps.h"
#include "lib/net/patience.h"
#include "lib/net/tcp_info.h"

namespace tcpstep {

// Reads and writes, each bounded by the I/O timeout. TCP_NODELAY is on from the start.
class TcpConnection {
 public:
  // Takes over a connected socket whose other end is `peer`.
  TcpConnection(Fd fd, const Address& peer);

  // Connects without ever blocking longer than `timeout`, with that congestion control from the
  // first segment on (see Listener) if the kernel offers it.
  // Throws std::system_error ("connect to 192.0.2.1:19901: Connection refused").
  static TcpConnection connect(const Address& peer, Duration timeout,
                               const std::string& congestion_control = "");

  // Takes over a connected socket, for instance of another process.
  static TcpConnection adopt(Fd fd);

  // Limit of each wait for the peer, for the calling thread: of a ping from stay_idle() on, of each
  // receive_some(). Zero waits for ever. It may take a quarter more. A stop signal ends the wait
  // too.
  void set_io_timeout(Duration timeout) { patience_.set_limit(timeout); }

  // How to wait for bytes from now on: asleep (the default), or asking again and again.
  void set_wait(Wait wait) { wait_ = wait; }

  // Lets the kernel poll the network card for that long before it sleeps (SO_BUSY_POLL); zero
  // leaves it at the system's default (net.core.busy_read). Returns what is in effect afterwards,
  // which is less than wanted where the kernel does not permit it.
  std::chrono::microseconds set_busy_poll(std::chrono::microseconds wanted);

  // Asks for kernel timestamps of every ping from now on; nothing must be in flight. Returns what
  // was got.
  TimestampSource set_timestamps(TimestampSource wanted) { return timestamps_.enable(fd_, wanted); }

  // Asks the kernel for a congestion control by name. False if the kernel does not offer it.
  bool set_congestion_control(const std::string& name);

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
  // that the peer has kept quiet: PingStatus::Protocol if a byte is there that nobody asked for.
  [[nodiscard]] PingStatus stay_idle(Duration pause) noexcept;

  // Adds to `sample`, a ping just measured, what the kernel knows about it: what has changed since
  // the last call, and the stamps. `sent_at` is the reading of CLOCK_MONOTONIC before the send.
  void explain(Sample& sample, Duration sent_at) noexcept;

  // --- For a process that waits for many connections at once: these never block. ---

  // What is there; nothing if nothing is.
  [[nodiscard]] std::optional<Received> receive_now(std::span<std::byte> buffer) noexcept;

  // False if the kernel does not take all of it at once: the peer does not read.
  [[nodiscard]] bool send_now(std::string_view bytes) noexcept;

  // Says that nothing more will be sent.
  void end_sending() noexcept;

  [[nodiscard]] const Fd& fd() const { return fd_; }

  // --- The end and the facts ---

  // Says that nothing more will be sent, then waits up to `patience` for the peer's end.
  // PingStatus::Protocol if the peer sends anything instead.
  [[nodiscard]] PingStatus finish(Duration patience) noexcept;

  // True once the peer's kernel has acknowledged all that was sent, within `patience`.
  [[nodiscard]] bool wait_until_acknowledged(Duration patience) const;

  [[nodiscard]] PathInfo path_info() const;
  [[nodiscard]] const Address& peer() const { return peer_; }
  [[nodiscard]] Address local_address() const;

 private:
  ssize_t receive(std::span<std::byte> buffer) noexcept;
  ssize_t receive_once(std::span<std::byte> buffer, int flags) noexcept;
  // Kept out of the way of a ping that goes well and needs no stamps.
  [[gnu::noinline]] ssize_t receive_again(std::span<std::byte> buffer, int flags) noexcept;
  [[gnu::noinline]] ssize_t receive_stamped(std::span<std::byte> buffer, int flags) noexcept;
  [[gnu::cold]] static PingStatus judge_bad_ack(ssize_t bytes) noexcept;
  [[gnu::cold]] static PingStatus judge_nothing(ssize_t bytes) noexcept;
  [[gnu::cold]] PingStatus send_rest(std::span<const std::byte> payload, ssize_t sent) noexcept;
  bool may_wait_on() noexcept;

  // Those that every ping needs stand together.
  Fd fd_;
  Wait wait_ = Wait::Block;
  KernelTimestamps timestamps_;
  Patience patience_;
  struct Counters {
    std::optional<std::uint32_t> segments;
    std::optional<std::uint32_t> retransmits;
    std::optional<std::uint32_t> delivered;
  };
  Counters last_;  // as of the last ping explained
  Address peer_;
};

// --- The timed part of a ping that goes well: here, to stand in one piece of code with its caller.

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
