// Who measures with whom, and when: every pair of hosts once, no host in two pairs at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcpstep {

// Two hosts, as numbers. The payloads go from `first` to `second`, and then the other way.
struct Pairing {
  std::size_t first;
  std::size_t second;

  bool operator==(const Pairing&) const = default;
};

// Pairs that can be measured side by side: a host is in one of them at most.
using MeshRound = std::vector<Pairing>;

// The circle method (Lucas, Recreations mathematiques 2 (1883)): `hosts` - 1 rounds, or `hosts`
// rounds in each of which one rests. Who plays whom in which round, the order of the rounds and
// which direction comes first are drawn: a tournament every hour measures no pair always after the
// same other one. The same for the same seed.
[[nodiscard]] std::vector<MeshRound> tournament(std::size_t hosts, std::uint64_t seed);

}  // namespace tcpstep
