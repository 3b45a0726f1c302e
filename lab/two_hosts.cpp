#include "lab/two_hosts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/stop_signals.h"

namespace tcpstep {
namespace {

// Locally administered addresses of the hosts' ends of the veth pairs.
constexpr std::array<std::array<unsigned char, 6>, 2> kHardware{
    {{0x02, 0x19, 0x09, 0, 0, 1}, {0x02, 0x19, 0x09, 0, 0, 2}}};

std::string hardware_text(std::size_t host) {
  return fmt::format("{:02x}", fmt::join(kHardware[host], ":"));
}

bool is_behind_seccomp() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Seccomp:")) {
      return line.ends_with('2');
    }
  }
  return false;
}

// Why this system allows no network namespaces.
std::string obstacle() {
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "The system forbids user namespaces: sysctl kernel.unprivileged_userns_clone=1 allows "
           "them.";
  }
  if (first_line("/proc/sys/user/max_user_namespaces") == "0") {
    return "The system forbids user namespaces: sysctl user.max_user_namespaces=1000 allows them.";
  }
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor restricts user namespaces: sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0 lifts that.";
  }
  if (is_behind_seccomp()) {
    return "A seccomp filter (of a container?) blocks it. Try docker run --cap-add SYS_ADMIN "
           "--cap-add NET_ADMIN, or --security-opt seccomp=unconfined.";
  }
  return "This kernel or container does not allow user namespaces here.";
}

[[noreturn]] void fail_namespaces(const std::string& attempted, int error_number) {
  throw WorldError(fmt::format("cannot {}: {}", attempted, std::strerror(error_number)),
                   obstacle() + " Or run as root, or with --virtual, which needs no privilege.");
}

void write_file(const char* path, const std::string& text) {
  const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || ::write(file.get(), text.data(), text.size()) < 0) {
    fail_namespaces(fmt::format("write {}", path), errno);
  }
}

// As root directly, otherwise inside a user namespace in which we are root.
void leave_for_own_namespace() {
  if (::geteuid() == 0 && ::unshare(CLONE_NEWNET) == 0) {
    return;
  }
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    fail_namespaces("make a user and a network namespace", errno);
  }
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("0 {} 1", user));
  write_file("/proc/self/gid_map", fmt::format("0 {} 1", group));
  ::prctl(PR_SET_PDEATHSIG, death_signal);  // the new capabilities have cleared it
}

void leave_for_network_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) {
    fail_namespaces("make a network namespace", errno);
  }
}

Fd this_network() {
  return Fd(
      check_syscall(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open /proc/self/ns/net"));
}

// Settings that some systems lack or forbid; a measurement works without them.
void try_setting(const std::string& name, std::string_view value) {
  std::ofstream("/proc/sys/net/" + name) << value;
}

class InterfaceControl {
 public:
  explicit InterfaceControl(std::string name)
      : name_(std::move(name)),
        socket_(check_syscall(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")) {}

  void set_address(const char* address) {
    for (const auto& [request, text] :
         {std::pair(SIOCSIFADDR, address),
          std::pair(SIOCSIFNETMASK, static_cast<const char*>("255.255.255.252"))}) {
      ifreq interface = request_for_name();
      auto* ip = reinterpret_cast<sockaddr_in*>(&interface.ifr_addr);
      ip->sin_family = AF_INET;
      ::inet_pton(AF_INET, text, &ip->sin_addr);
      control(request, interface);
    }
  }

  void set_mtu(std::uint32_t bytes) {
    ifreq interface = request_for_name();
    interface.ifr_mtu = static_cast<int>(bytes);
    control(SIOCSIFMTU, interface);
  }

  void bring_up(int further_flags = 0) {
    ifreq interface = request_for_name();
    control(SIOCGIFFLAGS, interface);
    interface.ifr_flags = static_cast<short>(interface.ifr_flags | IFF_UP | further_flags);
    control(SIOCSIFFLAGS, interface);
  }

  // Each segment is a packet of its own, with its checksum.
  void switch_offloads_off() {
    for (const int command : {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}) {
      ethtool_value value{.cmd = static_cast<std::uint32_t>(command), .data = 0};
      ifreq interface = request_for_name();
      interface.ifr_data = reinterpret_cast<char*>(&value);
      ::ioctl(socket_.get(), SIOCETHTOOL,
              &interface);  // fails where there is nothing to switch off
    }
  }

 private:
  ifreq request_for_name() {
    ifreq interface {};
    name_.copy(interface.ifr_name, IFNAMSIZ - 1);
    return interface;
  }

  void control(int request, ifreq& interface) {
    check_syscall(::ioctl(socket_.get(), static_cast<unsigned long>(request), &interface),
                  "configure {}", name_);
  }

  std::string name_;
  Fd socket_;
};

// One end of the link, in the current network namespace.
void configure_host(const char* address, std::uint32_t mtu, int further_flags = 0) {
  InterfaceControl("lo").bring_up();
  try_setting(fmt::format("ipv6/conf/{}/disable_ipv6", kLabDevice), "1");
  try_setting("ipv4/tcp_congestion_control", "cubic");
  InterfaceControl device(kLabDevice);
  device.switch_offloads_off();
  device.set_mtu(mtu);
  device.set_address(address);
  device.bring_up(further_flags);
}

}  // namespace

TwoHosts::TwoHosts(Wire wire, std::uint32_t mtu) : mtu_(mtu) {
  leave_for_own_namespace();
  near_ = this_network();
  leave_for_network_namespace();
  far_ = this_network();
  far_prefix_ = fmt::format("nsenter --net=/proc/{}/fd/{}", ::getpid(), far_.get());
  if (wire == Wire::Veth) {
    join_directly();
  } else if (!join_by_tun()) {
    join_by_veth();
  }
}

bool TwoHosts::join_by_tun() {
  enter_near();
  std::optional<PacketPort> near = PacketPort::open_tun(kLabDevice);
  if (!near) {
    return false;
  }
  configure_host(kNearAddress, mtu_);
  enter_far();
  std::optional<PacketPort> far = PacketPort::open_tun(kLabDevice);
  configure_host(kFarAddress, mtu_);
  ports_ = std::array{std::move(*near), std::move(far.value())};
  return true;
}

// Without the TUN device: a namespace in the middle, with one veth pair to each host.
void TwoHosts::join_by_veth() {
  leave_for_network_namespace();
  const Fd middle = this_network();
  std::vector<PacketPort> ports;
  for (const auto& [index, host, address] :
       {std::tuple(0U, &near_, kNearAddress), std::tuple(1U, &far_, kFarAddress)}) {
    enter(middle);
    const std::string name = fmt::format("port{}", index);
    run_tool({"ip", "link", "add", name, "type", "veth", "peer", "name", kLabDevice, "address",
              hardware_text(index), "gso_max_segs", "1", "netns",
              fmt::format("/proc/{}/fd/{}", ::getpid(), host->get())},
             "make a veth pair, the substitute for /dev/net/tun");
    InterfaceControl port(name);
    port.switch_offloads_off();
    port.set_mtu(mtu_);
    port.bring_up(IFF_NOARP);
    ports.push_back(PacketPort::open_veth(name, kHardware[index]));
    enter(*host);
    configure_host(address, mtu_, IFF_NOARP);
  }
  ports_ = std::array{std::move(ports[0]), std::move(ports[1])};
}

void TwoHosts::join_directly() {
  enter_near();
  run_tool({"ip", "link", "add", kLabDevice, "gso_max_segs", "1", "address", hardware_text(0),
            "type", "veth", "peer", "name", kLabDevice, "gso_max_segs", "1", "address",
            hardware_text(1), "netns", fmt::format("/proc/{}/fd/{}", ::getpid(), far_.get())},
           "make a veth pair");
  configure_host(kNearAddress, mtu_);
  run_tool({"ip", "neigh", "add", kFarAddress, "lladdr", hardware_text(1), "dev", kLabDevice},
           "enter the far host's address");
  enter_far();
  configure_host(kFarAddress, mtu_);
  run_tool({"ip", "neigh", "add", kNearAddress, "lladdr", hardware_text(0), "dev", kLabDevice},
           "enter the near host's address");
}

void TwoHosts::enter(const Fd& host) {
  check_syscall(::setns(host.get(), CLONE_NEWNET), "enter a network namespace");
}

Child TwoHosts::start_init(const std::function<int()>& body) {
  // By a process in between: once process 1 has ended, the one that made its namespace cannot start
  // any other, and sanitizers want to.
  return Child::fork([&] {
    const StopSignals signals;
    if (::unshare(CLONE_NEWPID) != 0) {
      fail_namespaces("make a process namespace", errno);
    }
    return Child::fork(body).wait(Interrupts::PassOn);
  });
}

}  // namespace tcpstep
