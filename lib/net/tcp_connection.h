// One established TCP connection, seen from either end.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "lib/base/path_info.h"
#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/net/address.h"
#include "lib/net/fd.h"

namespace tcpstep {

// Blocking reads and writes, each bounded by the I/O timeout. TCP_NODELAY is on from the start.
class TcpConnection {
 public:
  // Takes over a connected socket whose other end is `peer`.
  TcpConnection(Fd fd, const Address& peer);

  // Connects without ever blocking longer than `timeout`.
  // Throws std::system_error ("connect to 192.0.2.1:19901: Connection refused").
  static TcpConnection connect(const Address& peer, Duration timeout);

  // Limit of each single send and receive; zero waits for ever. A signal ends the wait too.
  void set_io_timeout(Duration timeout);

  // Asks the kernel for a congestion control by name. False if the kernel does not offer it.
  bool set_congestion_control(const std::string& name);

  // --- Transport of PingTimer and Responder: these report by status and never throw. ---

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

  // --- The end and the facts ---

  // Says that nothing more will be sent, then waits up to `patience` for the peer's end.
  // PingStatus::Protocol if the peer sends anything instead.
  [[nodiscard]] PingStatus finish(Duration patience) noexcept;

  [[nodiscard]] PathInfo path_info() const;
  [[nodiscard]] const Address& peer() const { return peer_; }
  [[nodiscard]] Address local_address() const;

 private:
  Fd fd_;
  Address peer_;
};

}  // namespace tcpstep
