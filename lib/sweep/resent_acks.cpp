#include "lib/sweep/resent_acks.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <variant>

#include "lib/protocol/messages.h"

namespace tcpstep {
namespace {

PingStatus report_resent_acks(FrameStream& frames, std::uint64_t pings,
                              const std::vector<ResentAck>& resent) {
  std::span<const ResentAck> left = resent;
  for (;;) {
    const auto part = left.first(std::min(left.size(), kMostResentAcks));
    left = left.subspan(part.size());
    const PingStatus sent = frames.send(
        ResentAcks{.pings = pings, .acks = {part.begin(), part.end()}, .has_more = !left.empty()});
    if (sent != PingStatus::Ok || left.empty()) {
      return sent;
    }
  }
}

}  // namespace

FrameStream::Received receive_after_pings(FrameStream& frames, std::uint64_t pings,
                                          const std::vector<ResentAck>& resent, Duration limit) {
  auto received = frames.receive(limit);
  if (received.message && std::holds_alternative<Finished>(*received.message)) {
    const PingStatus sent = report_resent_acks(frames, pings, resent);
    return sent == PingStatus::Ok ? frames.receive(limit)
                                  : FrameStream::Received{sent, std::nullopt};
  }
  return received;
}

ResentAcksReport ask_for_resent_acks(FrameStream& frames, std::uint64_t pings, Duration limit,
                                     const std::function<void()>& once_asked) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  ResentAcksReport report{.status = frames.send(Finished{}), .resent = {}};
  once_asked();
  for (bool has_more = true; has_more && report.status == PingStatus::Ok;) {
    const auto received = frames.receive(deadline - std::chrono::steady_clock::now());
    if (received.status != PingStatus::Ok) {
      return {.status = received.status, .resent = {}};
    }
    const auto* part = std::get_if<ResentAcks>(&*received.message);
    const std::uint64_t after = report.resent.empty() ? 0 : report.resent.back().ping;
    if (part == nullptr || part->pings != pings ||
        (part->acks.empty() ? part->has_more : part->acks.front().ping <= after)) {
      return {.status = PingStatus::Protocol, .resent = {}};
    }
    std::ranges::copy(part->acks, std::back_inserter(report.resent));
    has_more = part->has_more;
  }
  return report;
}

}  // namespace tcpstep
