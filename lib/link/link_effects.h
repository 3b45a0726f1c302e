// What links do to packets, one class each. Times count from any fixed moment and never go back
// within one direction; sizes are those of IP packets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/random.h"
#include "lib/link/profile.h"

namespace tcpstep {

// Time that the bytes of one packet take on one hop, with overhead, padding and cells.
[[nodiscard]] Duration transmission_time(const SerializerProfile& profile, std::uint32_t bytes);

// Store and forward over one or more hops in a row.
class Serializer {
 public:
  explicit Serializer(const SerializerProfile& profile)
      : profile_(profile), free_at_(profile.hops, Duration::zero()) {}

  // When the last hop has sent all of a packet that is ready at `now`.
  Duration send(Duration now, std::uint32_t bytes);

 private:
  SerializerProfile profile_;
  std::vector<Duration> free_at_;  // of each hop
};

class TimeGrid {
 public:
  TimeGrid(const GridProfile& profile, std::uint32_t overhead_bytes)
      : profile_(profile), overhead_bytes_(overhead_bytes) {}

  // The end of the slot that carries the end of the packet.
  Duration send(Duration now, std::uint32_t bytes);

 private:
  void start_slot(Duration at);

  GridProfile profile_;
  std::uint32_t overhead_bytes_;
  Duration slot_at_ = Duration::min();  // beginning of the slot that is being filled
  std::uint32_t packets_ = 0;
  std::uint32_t bytes_ = 0;
};

// What is on the air of a shared medium.
struct Medium {
  Duration free_at{0};
  std::optional<Direction> last_sender;
};

// One station's access to a shared medium (IEEE 802.11 DCF without collisions). A station sends at
// once if the medium is idle and its own last backoff is over; else it waits for both. It backs off
// after each access, and before one for which it found the medium busy; or simply before each.
class MediumAccess {
 public:
  MediumAccess(const MediumProfile& profile, const SerializerProfile& serializer,
               Direction direction)
      : profile_(profile), serializer_(serializer), direction_(direction) {}

  // The end of the access that carries a packet which is ready at `now`.
  Duration send(Duration now, std::uint32_t bytes, Medium& medium, Random& random);

 private:
  [[nodiscard]] Duration draw_backoff(Random& random) const;

  MediumProfile profile_;
  SerializerProfile serializer_;
  Direction direction_;
  Duration starts_{0};  // the last access; until then further packets join it
  Duration backoff_{0};
  Duration backed_off_at_{0};
  std::uint32_t packets_ = 0;
};

class BlockFlow {
 public:
  explicit BlockFlow(const BlockFlowProfile& profile) : profile_(profile) {}

  // When a flow can carry a packet that is ready at `now`. `sent` and `peer_sent` say when this and
  // the other direction last sent something, if ever.
  Duration ready(Duration now, std::optional<Duration> sent, std::optional<Duration> peer_sent,
                 Random& random);

 private:
  [[nodiscard]] bool is_polled(Random& random) const;

  BlockFlowProfile profile_;
  Duration established_at_{0};
};

class HoldOff {
 public:
  explicit HoldOff(const HoldOffProfile& profile) : profile_(profile) {}

  // When the receiver looks at a packet that has arrived at `now`.
  Duration look(Duration now, std::uint32_t bytes);

 private:
  HoldOffProfile profile_;
  Duration until_{0};
};

}  // namespace tcpstep
