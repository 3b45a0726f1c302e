// Any bytes of a client as WebSocket frames: however they are split, the same messages and the same
// refusal come of them; and what this end frames, another decoder reads.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "lib/protocol/websocket.h"

namespace {

using namespace tcpstep;

struct Outcome {
  std::vector<std::string> messages;  // each with its kind
  std::string fault;
  bool is_empty;

  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::span<const std::byte> stream, std::size_t step) {
  WebSocketDecoder decoder;
  Outcome outcome;
  try {
    while (!stream.empty()) {
      const auto part = stream.first(std::min(step, stream.size()));
      stream = stream.subspan(part.size());
      decoder.add(part);
      while (const auto message = decoder.next()) {
        if (message->content.size() > WebSocketDecoder::kLargest) {
          std::abort();
        }
        outcome.messages.push_back(static_cast<char>(message->kind) + message->content);
      }
    }
  } catch (const ProtocolError& error) {
    outcome.fault = error.what();
  }
  outcome.is_empty = decoder.is_empty();
  return outcome;
}

// Where the frames of a message of this size end is where it ends.
void check_message(std::size_t size) {
  static std::vector<std::byte> buffer(kSmallestMessage + 0xFFFF);
  const auto message = std::span(buffer).first(size);
  write_binary_message(message);
  std::size_t at = 0;
  bool is_final = false;
  while (!is_final) {
    if (at + 2 > size) {
      std::abort();
    }
    is_final = std::to_integer<unsigned>(message[at]) >= 0x80;
    const auto length = std::to_integer<std::size_t>(message[at + 1]);
    const std::size_t counted = length == 126 ? 2 : length == 127 ? 8 : 0;
    std::size_t content = counted == 0 ? length : 0;
    if (at + 2 + counted > size) {
      std::abort();
    }
    for (std::size_t i = 0; i < counted; ++i) {
      content = content << 8U | std::to_integer<std::size_t>(message[at + 2 + i]);
    }
    at += 2 + counted + content;
  }
  if (at != size) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = std::as_bytes(std::span(data, size));
  const Outcome whole = decode(stream, size + 1);
  const Outcome split = decode(stream, 1);
  if (whole.messages != split.messages || whole.fault != split.fault ||
      (whole.fault.empty() && whole.is_empty != split.is_empty)) {
    std::abort();
  }
  if (size >= 2) {
    check_message(kSmallestMessage + (std::size_t{data[0]} | std::size_t{data[1]} << 8U));
  }
  return 0;
}
