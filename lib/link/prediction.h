// What a sweep over a link will measure, calculated from the link model alone: the pings of one
// TCP connection as Linux carries them out.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "lib/link/profile.h"

namespace tcpstep {

inline constexpr std::uint32_t kTcpIpHeader = 52;  // IPv4 and TCP with timestamps

// Payload of a full segment on this link.
[[nodiscard]] Mss mss_of(const Profile& profile);

struct PredictionOptions {
  std::vector<PayloadSize> sizes;  // of one round, in the order sent
  std::uint32_t rounds = 20;       // after one warm-up round
  std::uint64_t seed = 1;
};

// RTTs of each size, in the order measured: those of `tcpstep-lab measure`, which starts the link
// anew with the first ping of its warm-up round. Empty for a size without a ping that arrived.
// Assumes the initial congestion window (10 segments), a TCP ACK for more than one full segment or
// after Linux' delayed-ACK time, which follows the gaps between segments from 40 to 200 ms (and
// then one before the ack, too), no host time but the profile's, and retransmits a lost packet
// after 200 ms.
[[nodiscard]] std::map<PayloadSize, std::vector<Duration>> predict(
    const Profile& profile, const PredictionOptions& options);

}  // namespace tcpstep
