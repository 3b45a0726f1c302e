// Any bytes as a stream of frames, if they begin as one, or as a message: messages that come back
// as they were, or a ProtocolError, and the same ones however the stream is split.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "lib/protocol/messages.h"

namespace {

using namespace tcpstep;

struct Outcome {
  std::vector<std::string> frames;
  std::string fault;

  bool operator==(const Outcome&) const = default;
};

// What a stream contains, given to the decoder `step` bytes at a time.
Outcome read_frames(std::span<const std::byte> stream, std::size_t step) {
  FrameDecoder decoder;
  Outcome outcome;
  try {
    while (!stream.empty()) {
      const auto part = stream.first(std::min(step, stream.size()));
      stream = stream.subspan(part.size());
      decoder.add(part);
      while (const auto json = decoder.next()) {
        outcome.frames.push_back(*json);
      }
    }
  } catch (const ProtocolError& error) {
    outcome.fault = error.what();
  }
  return outcome;
}

void check_message(std::string_view json) {
  try {
    const std::string again = encode(decode(json));
    if (json.size() % 4 == 0 && encode(decode(again)) != again) {
      std::abort();
    }
  } catch (const ProtocolError& error) {
    for (const char* c = error.what(); *c != '\0'; ++c) {
      if (*c == '\x1b' || *c == '\n') {
        std::abort();  // text for a terminal
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = std::as_bytes(std::span(data, size));
  if (size == 0 || stream.front() != kFrameMark) {
    check_message({reinterpret_cast<const char*>(data), size});
    return 0;
  }
  const Outcome whole = read_frames(stream, size + 1);
  if (size % 4 == 0 && read_frames(stream, 1 + size / 4 % 8) != whole) {
    std::abort();
  }
  for (const std::string& json : whole.frames) {
    check_message(json);
  }
  return 0;
}
