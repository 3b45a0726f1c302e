#include "lab/packet_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/error.h"

namespace tcpstep {

std::optional<PacketPort> PacketPort::open_tun(const std::string& name) {
  Fd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) {
    return std::nullopt;
  }
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;  // no IFF_VNET_HDR: every segment is a packet
  check_syscall(::ioctl(fd.get(), TUNSETIFF, &request), "make the TUN device {}", name);
  return PacketPort(std::move(fd));
}

PacketPort PacketPort::open_veth(const std::string& name,
                                 const std::array<unsigned char, 6>& peer) {
  PacketPort port(Fd(check_syscall(
      ::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "make a packet socket")));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
  const int on = 1;
  check_syscall(::setsockopt(port.fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on),
                "set PACKET_IGNORE_OUTGOING");
  check_syscall(::bind(port.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                "bind a packet socket to {}", name);
  address.sll_halen = ETH_ALEN;
  std::ranges::copy(peer, address.sll_addr);
  port.peer_ = address;
  return port;
}

std::span<const std::byte> PacketPort::read(std::span<std::byte> buffer) {
  const ssize_t bytes = ::read(fd_.get(), buffer.data(), buffer.size());
  return buffer.first(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
}

void PacketPort::write(std::span<const std::byte> packet) {
  if (!peer_) {
    static_cast<void>(!::write(fd_.get(), packet.data(), packet.size()));
    return;
  }
  ::sendto(fd_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&*peer_),
           sizeof *peer_);
}

}  // namespace tcpstep
