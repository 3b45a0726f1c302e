// Two hosts on this machine: network namespaces that end with this process and its children.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lab/packet_port.h"
#include "lib/base/fd.h"
#include "lib/base/process.h"

namespace tcpstep {

inline constexpr const char* kNearAddress = "10.19.9.1";  // the server's, in measurements
inline constexpr const char* kFarAddress = "10.19.9.2";
inline constexpr const char* kLabDevice = "tcpstep0";  // the name of the link on both hosts

enum class Wire : std::uint8_t {
  Emulator,  // two ports; this process carries the packets between them
  Veth,      // a veth pair, for the kernel's queueing disciplines
};

class TwoHosts {
 public:
  // Makes both, as root or in a user namespace of this process. No segmentation offload, congestion
  // control cubic. Throws WorldError with the obstacle and what to do about it.
  TwoHosts(Wire wire, std::uint32_t mtu);

  // Moves this process to a host. Children that it starts then are there.
  void enter_near() const { enter(near_); }
  void enter_far() const { enter(far_); }

  // Put in front of a command, it runs on the far host.
  [[nodiscard]] const std::string& far_prefix() const { return far_prefix_; }

  // Runs `body` as process 1 of a new process namespace: when it ends, all of its children do.
  [[nodiscard]] static Child start_init(const std::function<int()>& body);

  // Near's and far's, for Wire::Emulator.
  [[nodiscard]] std::array<PacketPort, 2>& ports() { return *ports_; }

 private:
  static void enter(const Fd& host);
  bool join_by_tun();
  void join_by_veth();
  void join_directly();

  std::uint32_t mtu_;
  Fd near_;
  Fd far_;
  std::string far_prefix_;
  std::optional<std::array<PacketPort, 2>> ports_;
};

}  // namespace tcpstep
