// Facts about this host's network interfaces: their addresses, and what the one that a connection
// uses is like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/net/address.h"

namespace tcpstep {

struct InterfaceInfo {
  std::string name;        // "eth0"; empty if no interface has the address
  std::string driver;      // "virtio_net"; like all below, empty where the kernel does not say
  std::string speed;       // "1000 Mbit/s"
  std::string offloads;    // "tso=on gso=on gro=on lro=off", and "gso_max_segs=1" if that is so
  std::string coalescing;  // "rx=20us tx=72us adaptive_rx=on"
  std::string qdisc;       // "fq_codel"
  bool can_stamp = false;  // the card can take receive and transmit timestamps
  bool merges_segments = false;  // GRO or LRO is on, or TSO or GSO for more than one segment
};

// Of the interface that has `local`, the connection's own address. Never throws for facts that are
// missing.
[[nodiscard]] InterfaceInfo describe_interface(const Address& local);

// Names of all interfaces that are up, loopback among them.
[[nodiscard]] std::vector<std::string> interfaces_up();
[[nodiscard]] InterfaceInfo describe_interface(const std::string& name);

// Kind of the root queueing discipline ("fq_codel", "mq", "noqueue"), from rtnetlink(7);
// empty if the kernel does not say.
[[nodiscard]] std::string qdisc_of(const std::string& interface);

// How many segments TSO or GSO carry as one packet (`ip link set IF gso_max_segs N`), from
// rtnetlink(7); nothing if the kernel does not say.
[[nodiscard]] std::optional<std::uint32_t> segments_merged_at_most(const std::string& interface);

// The addresses at which others may reach this host: of all interfaces that are up but loopback,
// without link-local ones, IPv4 first. Their port is 0. Empty if the kernel does not say.
[[nodiscard]] std::vector<Address> addresses_of_this_host(IpVersion version);

// Turns on the card's timestamps of all packets, which needs root. False if that fails.
[[nodiscard]] bool start_card_stamps(const std::string& name);

}  // namespace tcpstep
