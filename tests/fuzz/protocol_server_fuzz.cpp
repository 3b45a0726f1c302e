// Any bytes of a client at the server's half of the negotiation: it never throws, never sends
// more than hello and one refusal, and without the secret never gets to a run.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "lib/protocol/negotiation.h"

namespace {

using namespace tcpstep;
using State = ServerNegotiation::State;

struct Outcome {
  State state;
  std::string sent;
};

Outcome talk(std::span<const std::byte> stream, std::size_t step, const Secret* secret) {
  const Hello hello{.tool = "fuzz", .nonce = std::string(64, 'a'), .limits = {}};
  ServerNegotiation server(hello, secret);
  std::string sent;
  while (!stream.empty()) {
    // The opening ping's ack is one byte: a real client cannot send more before hello came.
    const bool is_ack = server.state() == State::AwaitingAck;
    const auto part = stream.first(std::min(is_ack ? 1 : step, stream.size()));
    stream = stream.subspan(part.size());
    sent += server.add(part);
  }
  const State state = server.state();
  if ((state == State::Failed) != !server.fault().empty() || sent.size() > 8192) {
    std::abort();
  }
  return {state, sent};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret secret("a secret of the fuzzer's own");
  const auto stream = std::as_bytes(std::span(data, size));
  if (size % 2 == 0) {
    const Outcome split = talk(stream, 1 + size / 16, nullptr);
    if (size % 8 == 0 && talk(stream, size + 1, nullptr).state != split.state) {
      std::abort();
    }
    return 0;
  }
  const Outcome guarded = talk(stream, 64, &secret);
  if (guarded.state == State::Requested || guarded.state == State::Joined ||
      guarded.state == State::Classic) {
    std::abort();
  }
  return 0;
}
