#include "client/partial.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/protocol/classic.h"
#include "lib/protocol/frame.h"
#include "lib/sweep/frame_stream.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 5s;  // somebody waits for the prompt
constexpr std::uint64_t kLargestResult = std::uint64_t{1} << 30U;

// While it lives, waits are not cut short by the signal that was received.
class DespiteSignal {
 public:
  DespiteSignal() : signal_(requested_stop()) { request_stop(0); }
  ~DespiteSignal() { request_stop(signal_); }
  DespiteSignal(const DespiteSignal&) = delete;
  DespiteSignal& operator=(const DespiteSignal&) = delete;

 private:
  int signal_;
};

// Drops what is left of the payload in flight. Returns the beginning of the frame after it, empty
// if none comes.
std::string skip_to_frame(TcpConnection& server, bool is_in_payload) {
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  for (;;) {
    const auto received = server.receive_some(buffer);
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
}

}  // namespace

std::optional<std::string> fetch_partial_result(TcpConnection& server, const Responses& responses) {
  const DespiteSignal despite;
  server.set_io_timeout(kPatience);
  server.end_sending();
  const std::string rest = skip_to_frame(server, responses.unfinished_bytes > 0);
  if (rest.empty()) {
    return std::nullopt;
  }
  FrameStream frames(server, rest);
  auto received = frames.receive(kPatience);
  if (received.message && std::holds_alternative<Finished>(*received.message)) {
    received = frames.receive(kPatience);  // too late for the report on acks
  }
  const auto* result = received.message ? std::get_if<Result>(&*received.message) : nullptr;
  std::string bytes;
  if (result == nullptr || result->bytes > kLargestResult ||
      frames.receive_bytes(bytes, result->bytes) != PingStatus::Ok) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace tcpstep
