// An emulated link as data: what its profile says, and the keys that say it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/units.h"
#include "lib/link/quantity.h"

namespace tcpstep {

// Down is from the server to the client: the way of the payloads.
enum class Direction : std::uint8_t { Down, Up };

// GPRS and EDGE: a temporary block flow has to be set up before a packet can be sent.
struct BlockFlowProfile {
  Duration setup{0};
  Duration open{0};              // how long after its last packet a flow still takes another
  Duration release{0};           // how long after it the flow is gone; zero: no flow, only `setup`
  Duration keep{0};              // an active flow of the other direction saves the random access
  std::uint32_t polled_ppm = 0;  // so does a poll, by chance; requests of a million
  Duration random_access_least{0};  // what random access takes at least
  Duration random_access{0};        // and at most beyond that
};

// A time grid: packets leave in slots and arrive at the end of their slot.
struct GridProfile {
  Duration slot{0};           // zero: no grid
  std::uint32_t packets = 0;  // per slot; zero: any number
  std::uint32_t bytes = 0;    // per slot; zero: any number
};

// A medium that both directions share (CSMA, IEEE 802.11).
struct MediumProfile {
  Duration access{0};  // per access, without the packet itself; zero: no shared medium
  Duration backoff_slot{0};
  std::uint32_t backoff_slots = 0;  // the largest random backoff
  bool always_backs_off = false;    // before an access to an idle medium as well
  std::uint32_t aggregate = 1;      // packets in one access
};

struct SerializerProfile {
  std::uint64_t bits_per_second = 0;  // zero: no time for bytes
  std::uint32_t overhead_bytes = 0;   // added to every packet
  std::uint32_t minimum_bytes = 0;    // of packet and overhead
  bool has_atm_cells = false;         // 48 of every 53 bytes are payload (AAL5)
  Duration per_packet{0};
  std::uint32_t hops = 1;  // store and forward: each hop takes the whole packet first
};

// A receiver that waits after a packet before it looks again (interrupt moderation).
struct HoldOffProfile {
  Duration time{0};
  std::uint32_t above_bytes = 0;  // smaller packets pass at once and start no wait
};

struct DelayProfile {
  Duration constant{0};
  Duration jitter{0};  // 0 … jitter, uniform
  Duration tail{0};    // mean of an exponential
};

struct DirectionProfile {
  std::uint32_t loss_ppm = 0;       // packets lost of a million
  std::uint32_t queue_packets = 0;  // waiting or being sent; zero: any number
  BlockFlowProfile block_flow;
  GridProfile grid;
  MediumProfile medium;
  SerializerProfile serializer;
  HoldOffProfile hold_off;
  DelayProfile delay;
};

struct Profile {
  std::string name;
  std::string note;  // one line: what this link is
  Duration host{0};  // what the two hosts' own stacks add to a round trip
  std::uint32_t mtu = 1500;
  std::array<DirectionProfile, 2> directions;

  [[nodiscard]] const DirectionProfile& operator[](Direction direction) const {
    return directions[static_cast<std::size_t>(direction)];
  }
};

// One key of a direction: everything that names, reads, checks or scales a value uses this table.
struct DirectionKey {
  std::string_view name;
  std::function<void(DirectionProfile&, std::string_view)> read;  // throws UsageError
  std::string_view needs{};     // does nothing without it; "a or b": without one of them
  std::string_view excludes{};  // keys, separated by spaces, that cannot be used with it
  std::function<Duration&(DirectionProfile&)> time{};  // if the value is a time
};

[[nodiscard]] std::span<const DirectionKey> direction_keys();

// The same link with every time multiplied and every rate divided: all penalties stay what they
// are. The hosts are not slowed down with it; the delay makes up for their share.
[[nodiscard]] Profile scaled(Profile profile, Scale scale);

// The same link with the server at its other end.
[[nodiscard]] Profile swapped(Profile profile);

}  // namespace tcpstep
