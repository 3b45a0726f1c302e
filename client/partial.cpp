#include "client/partial.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "client/limits.h"
#include "lib/base/process.h"
#include "lib/base/text.h"
#include "lib/protocol/classic.h"
#include "lib/protocol/frame.h"
#include "lib/sweep/frame_stream.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Somebody waits for the prompt, and the server may be a stranger's.
constexpr Duration kPatience = 5s;  // in silence
constexpr Duration kPatienceInAll = 15s;

using Clock = FrameStream::Clock;

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
// if none comes until the deadline.
std::string skip_to_frame(TcpConnection& server, bool is_in_payload, Clock::time_point deadline) {
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  while (Clock::now() < deadline) {
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
  return {};
}

}  // namespace

std::optional<PartialResult> fetch_partial_result(const NegotiatedRun& run,
                                                  const Responses& responses) {
  const DespiteSignal despite;
  const auto deadline = Clock::now() + kPatienceInAll;
  run.server.set_io_timeout(kPatience);
  run.server.end_sending();
  const std::string rest = skip_to_frame(run.server, responses.unfinished_bytes > 0, deadline);
  if (rest.empty()) {
    return std::nullopt;
  }
  FrameStream frames(run.server, run.settings.session, rest);
  auto received = frames.receive(kPatience);
  if (received.message && std::holds_alternative<Finished>(*received.message)) {
    received = frames.receive(kPatience);  // too late for the report on acks
  }
  const auto* result = received.message ? std::get_if<Result>(&*received.message) : nullptr;
  PartialResult partial;
  if (result == nullptr || result->bytes > largest_result(run.settings.sweep, run.options.limits) ||
      frames.receive_file(partial.bytes, *result, deadline) != PingStatus::Ok) {
    return std::nullopt;
  }
  partial.status = result->status;
  return partial;
}

}  // namespace tcpstep
