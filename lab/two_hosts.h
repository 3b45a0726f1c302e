// Two hosts on this machine: network namespaces that end with this process and its children.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "lab/packet_port.h"
#include "lib/base/fd.h"
#include "lib/base/process.h"

namespace tcpstep {

inline constexpr const char* kNearAddress = "10.19.9.1";  // the server's, in measurements
inline constexpr const char* kFarAddress = "10.19.9.2";
inline constexpr const char* kLabDevice = "tcpstep0";  // the name of the link on both hosts

// What joins the two.
enum class Joint : std::uint8_t {
  Emulator,  // whatever this process carries between the ports
  Cable,     // a veth pair, for queueing disciplines of the kernel
};

class TwoHosts {
 public:
  // Makes both, as root or in a user namespace of this process. MTU 1500, no segmentation offload,
  // congestion control cubic. Throws WorldError that says what stands in the way, and what to do.
  explicit TwoHosts(Joint joint);

  // Moves this process to a host. Children that it starts then are there.
  void enter_near() const { enter(near_); }
  void enter_far() const { enter(far_); }

  // Words to put in front of a command that shall run on the far host.
  [[nodiscard]] const std::string& far_prefix() const { return far_prefix_; }

  // Runs `body` as process 1 of a new process namespace: when it ends, all of its children do.
  [[nodiscard]] static Child start_init(const std::function<int()>& body);

  // Near's and far's, for Joint::Emulator.
  [[nodiscard]] std::array<PacketPort, 2>& ports() { return *ports_; }
  [[nodiscard]] const char* device_kind() const { return is_tun_ ? "TUN" : "veth"; }

 private:
  static void enter(const Fd& host);
  bool join_by_tun();
  void join_by_veth();
  void join_by_cable();

  Fd near_;
  Fd far_;
  std::string far_prefix_;
  std::optional<std::array<PacketPort, 2>> ports_;
  bool is_tun_ = false;
};

}  // namespace tcpstep
