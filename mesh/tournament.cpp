#include "mesh/tournament.h"

#include <numeric>
#include <utility>

#include "lib/base/random.h"

namespace tcpstep {
namespace {

template <class Items>
void shuffle(Items& items, Random& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.below(static_cast<std::uint32_t>(left))]);
  }
}

}  // namespace

std::vector<MeshRound> tournament(std::size_t hosts, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::size_t> seats(hosts);
  std::iota(seats.begin(), seats.end(), std::size_t{0});
  shuffle(seats, random);
  const std::size_t even = hosts + hosts % 2;  // who is paired with the one added rests
  std::vector<MeshRound> rounds(even < 2 ? 0 : even - 1);
  for (std::size_t turn = 0; turn < rounds.size(); ++turn) {
    const std::size_t circle = even - 1;
    for (std::size_t i = 0; i < even / 2; ++i) {
      const std::size_t one = (turn + i) % circle;
      const std::size_t other = i == 0 ? circle : (turn + circle - i) % circle;
      if (other < hosts && one < hosts) {
        Pairing pair{.first = seats[one], .second = seats[other]};
        if (random.below(2) == 1) {
          std::swap(pair.first, pair.second);
        }
        rounds[turn].push_back(pair);
      }
    }
    shuffle(rounds[turn], random);
  }
  shuffle(rounds, random);
  return rounds;
}

}  // namespace tcpstep
