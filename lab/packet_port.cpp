#include "lab/packet_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWitnessed = 28;  // bytes that identify a packet: up to TCP's sequence
constexpr int kMostWitnessed = 1000;

void ask_for_stamps(const Fd& socket) {
  const int on = 1;
  check_syscall(::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on),
                "set SO_TIMESTAMPNS");
}

// Time since the kernel's stamp on a message. The stamp is of CLOCK_REALTIME: setting that
// clock in between makes the result wrong.
Duration age(const msghdr& message) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(const_cast<msghdr*>(&message), item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      timespec now{};
      std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
      ::clock_gettime(CLOCK_REALTIME, &now);
      return (now.tv_sec - stamp.tv_sec) * 1s + Duration(now.tv_nsec - stamp.tv_nsec);
    }
  }
  return Duration::zero();
}

// What a packet socket has, and how old it is.
PacketPort::Received receive(const Fd& socket, std::span<std::byte> buffer) {
  alignas(cmsghdr) std::array<char, 128> control{};
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t bytes = ::recvmsg(socket.get(), &message, 0);
  if (bytes <= 0) {
    return {};
  }
  return {.packet = buffer.first(static_cast<std::size_t>(bytes)), .waited = age(message)};
}

// A socket that gets the beginnings of the packets that this host sends through `name`.
Fd open_witness(const std::string& name) {
  Fd socket(check_syscall(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                          "make a packet socket"));
  ask_for_stamps(socket);
  std::array<sock_filter, 4> only_outgoing{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
       BPF_STMT(BPF_RET | BPF_K, kWitnessed), BPF_STMT(BPF_RET | BPF_K, 0)}};
  const sock_fprog program{.len = only_outgoing.size(), .filter = only_outgoing.data()};
  check_syscall(::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
                "set SO_ATTACH_FILTER");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
  check_syscall(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                "bind a packet socket to {}", name);
  return socket;
}

}  // namespace

std::optional<PacketPort> PacketPort::open_tun(const std::string& name) {
  Fd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) {
    return std::nullopt;
  }
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;  // no IFF_VNET_HDR: every segment is a packet
  check_syscall(::ioctl(fd.get(), TUNSETIFF, &request), "make the TUN device {}", name);
  PacketPort port(std::move(fd));
  port.witness_ = open_witness(name);
  return port;
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
  ask_for_stamps(port.fd_);
  address.sll_halen = ETH_ALEN;
  std::ranges::copy(peer, address.sll_addr);
  port.peer_ = address;
  return port;
}

PacketPort::Received PacketPort::read(std::span<std::byte> buffer) {
  if (peer_) {
    return receive(fd_, buffer);
  }
  const ssize_t bytes = ::read(fd_.get(), buffer.data(), buffer.size());
  if (bytes <= 0) {
    return {};
  }
  const auto packet = buffer.first(static_cast<std::size_t>(bytes));
  return {.packet = packet, .waited = waited_since_witnessed(packet)};
}

// The witness sees packets in the order in which the device gets them, a moment before. What the
// device had no room for is passed over; what the witness had no room for has not waited.
Duration PacketPort::waited_since_witnessed(std::span<const std::byte> packet) {
  std::array<std::byte, kWitnessed> beginning{};
  for (int i = 0; i < kMostWitnessed; ++i) {
    const Received witnessed = receive(witness_, beginning);
    if (witnessed.packet.empty()) {
      break;
    }
    if (std::ranges::equal(witnessed.packet, packet.first(std::min(packet.size(), kWitnessed)))) {
      return witnessed.waited;
    }
  }
  return Duration::zero();
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
