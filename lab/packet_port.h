// Where an emulated link meets a host's network stack: whole IP packets, in and out.
#pragma once

#include <linux/if_packet.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/units.h"

namespace tcpstep {

inline constexpr std::size_t kLargestPacket = 65'536;

class PacketPort {
 public:
  struct Received {
    std::span<const std::byte> packet;  // empty: there is none now
    Duration waited{0};                 // since the host sent it, as far as the kernel knows
  };

  // A new TUN device `name` in the current network namespace. Empty if this process may not use
  // /dev/net/tun, or there is none.
  static std::optional<PacketPort> open_tun(const std::string& name);

  // One end of a veth pair, `name`, whose other end has the hardware address `peer`.
  static PacketPort open_veth(const std::string& name, const std::array<unsigned char, 6>& peer);

  // The next packet that the host has sent, in `buffer`.
  Received read(std::span<std::byte> buffer);

  // Hands a packet to the host. What its stack does not take is lost, as on any link.
  void write(std::span<const std::byte> packet);

  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit PacketPort(Fd fd) : fd_(std::move(fd)) {}
  Duration waited_since_witnessed(std::span<const std::byte> packet);

  Fd fd_;
  Fd witness_;  // a TUN device stamps nothing; a packet socket on it sees when the host sends
  std::optional<sockaddr_ll> peer_;  // of a packet socket
};

}  // namespace tcpstep
