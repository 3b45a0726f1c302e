#include "lib/sweep/partial_result.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/protocol/frame.h"
#include "lib/sweep/frame_stream.h"

namespace tcpstep {
namespace {

using Clock = FrameStream::Clock;

// Drops what is left of the payload in flight. Returns the beginning of the frame after it, empty
// if none comes until the deadline.
std::string skip_to_frame(TcpConnection& peer, bool is_in_payload, Clock::time_point deadline) {
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  while (Clock::now() < deadline) {
    const auto received = peer.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      return {};
    }
    std::span<const std::byte> left = std::span(buffer).first(received.bytes);
    while (!left.empty()) {
      if (!is_in_payload && left.front() == kFrameMark) {
        return text_of(left);
      }
      const auto end = std::ranges::find(left, kSentinel);
      is_in_payload = end == left.end();
      left = left.subspan(static_cast<std::size_t>(end - left.begin()) + (is_in_payload ? 0 : 1));
    }
  }
  return {};
}

}  // namespace

std::optional<PartialResult> fetch_partial_result(TcpConnection& peer, Session* session,
                                                  bool is_in_payload, std::uint64_t most_bytes,
                                                  const PartialPatience& patience) {
  const DespiteStop despite;
  const auto deadline = Clock::now() + patience.in_all;
  peer.set_io_timeout(patience.silence);
  peer.end_sending();
  const std::string rest = skip_to_frame(peer, is_in_payload, deadline);
  if (rest.empty()) {
    return std::nullopt;
  }
  FrameStream frames(peer, session, rest);
  auto received = frames.receive(patience.silence);
  if (received.message && std::holds_alternative<Finished>(*received.message)) {
    received = frames.receive(patience.silence);  // too late for the report on acks
  }
  const auto* result = received.message ? std::get_if<Result>(&*received.message) : nullptr;
  PartialResult partial;
  if (result == nullptr || result->bytes > most_bytes ||
      frames.receive_file(partial.bytes, *result, deadline) != PingStatus::Ok) {
    return std::nullopt;
  }
  partial.announced = *result;
  return partial;
}

}  // namespace tcpstep
