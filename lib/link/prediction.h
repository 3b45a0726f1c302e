// What a link model says a sweep will measure, without any packet: the ping-pong of one TCP
// connection as Linux carries it out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/link/profile.h"

namespace tcpstep {

inline constexpr Mss kLabMss(1448);  // MTU 1500, IPv4, TCP timestamps
inline constexpr std::uint32_t kTcpIpHeader = 52;

struct PredictionOptions {
  std::vector<PayloadSize> sizes;
  std::uint32_t rounds = 20;
  std::uint64_t seed = 1;
};

// RTTs of each size, in the order measured. Assumes one segment after the other within the initial
// congestion window (10 segments), a TCP ACK for more than one full segment, and no other host time
// than the profile's.
[[nodiscard]] std::map<PayloadSize, std::vector<Duration>> predict(
    const Profile& profile, const PredictionOptions& options);

// The seed's rows as the model predicts them, in a few lines for people.
[[nodiscard]] std::string prediction_text(const Profile& profile);

}  // namespace tcpstep
