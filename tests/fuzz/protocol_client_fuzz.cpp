// Any bytes of a server at the client's half of the negotiation: it never throws, keeps every byte
// of a classic payload, and comes to the same end however the stream is split.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "lib/protocol/frame.h"
#include "lib/protocol/negotiation.h"

namespace {

using namespace tcpstep;
using State = ClientNegotiation::State;

struct Outcome {
  State state;
  std::string sent;
  std::string rest;
};

Outcome talk(std::string_view stream, std::size_t step, const Secret* secret) {
  ClientNegotiation client(Request{.sweep = {.values = {.link = "fuzz"}, .chosen = {"link"}}},
                           secret);
  const auto add = [&](std::string_view part) {
    return client.add(std::as_bytes(std::span(part.data(), part.size())));
  };
  std::string sent = add("1");
  while (!stream.empty()) {
    sent += add(stream.substr(0, step));
    stream.remove_prefix(std::min(step, stream.size()));
  }
  if ((client.state() == State::Failed) != !client.fault().empty()) {
    std::abort();
  }
  return {client.state(), sent, client.take_rest()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret secret("a secret of the fuzzer's own");
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  if (size % 2 == 1) {
    static_cast<void>(talk(stream, 7, &secret));
    return 0;
  }
  const Outcome split = talk(stream, 1 + size / 16, nullptr);
  if (size % 8 == 0) {
    const Outcome whole = talk(stream, size + 1, nullptr);
    if (whole.state != split.state || whole.sent != split.sent) {
      std::abort();
    }
  }
  if (split.state == State::Classic && split.rest != stream) {
    std::abort();
  }
  return 0;
}
