#include "lib/sweep/sweep_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/protocol/messages.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/black_hole.h"
#include "lib/sweep/connection_settings.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/ping_timer.h"
#include "lib/sweep/resent_acks.h"
#include "lib/sweep/running_minima.h"
#include "lib/sweep/settling.h"
#include "lib/sweep/sweep_plan.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// Writing evicts from the caches what the next ping needs. So short rounds are written
// together: when that much time has passed, or that many samples are there, or two rounds.
constexpr Duration kLongestUnwritten = 10ms;
constexpr std::size_t kMostUnwritten = 1024;

// Pings that were cut off by a signal are dropped: nothing went wrong with the link.
std::span<const Sample> without_interrupted(std::span<const Sample> samples) {
  const bool is_cut = !samples.empty() && samples.back().status == PingStatus::Interrupted;
  return is_cut ? samples.first(samples.size() - 1) : samples;
}

SweepPlan plan_of(const RunSettings& settings, std::optional<Mss> mss) {
  const SweepSpec& sweep = settings.sweep;
  auto sizes = sweep.sizes.resolve(mss);
  if (!sizes) {
    throw WorldError(
        fmt::format("with the MSS of this connection, {} bytes, one round of --sizes {} would "
                    "be more than 1 GiB",
                    mss ? mss->bytes() : 0, sweep.sizes.text));
  }
  return {settings.framing == Framing::WebSocket ? sizes_of_messages(std::move(*sizes))
                                                 : std::move(*sizes),
          sweep};
}

std::string_view columns_of(Protocol protocol, const RunSettings& settings) {
  if (protocol == Protocol::WebSocket) {
    return kBrowserRunColumns;
  }
  const bool is_old = protocol == Protocol::Negotiated && !settings.has_peer_retransmits;
  return is_old ? kOldRunColumns : kRunColumns;
}

}  // namespace

// What the samples of a run show about the path.
class Evidence {
 public:
  void add(std::span<const Sample> samples, std::optional<Mss> mss) {
    for (const Sample& sample : samples) {
      // Payload bytes in the largest packet of this ping.
      const std::uint32_t packet =
          std::min(sample.size.bytes(), mss ? mss->bytes() : PayloadSize::kLargest);
      if (sample.status == PingStatus::Ok) {
        largest_packet_ = std::max(largest_packet_, packet);
      } else if (is_unacknowledged(sample.status) && packet > largest_packet_ &&
                 sample.evidence.retransmits.value_or(0) > 0) {
        // Larger than any that passed, and the peer's kernel did not acknowledge it.
        black_hole_ = BlackHole{.passed_bytes = largest_packet_,
                                .lost_bytes = sample.size.bytes(),
                                .times_sent = *sample.evidence.retransmits + 1};
      }
    }
  }

  [[nodiscard]] const std::optional<BlackHole>& black_hole() const { return black_hole_; }

 private:
  // The peer may run out of patience first.
  static bool is_unacknowledged(PingStatus status) {
    using enum PingStatus;
    return status == Timeout || status == Closed || status == Reset;
  }

  std::uint32_t largest_packet_ = 1;  // the opening ping's
  std::optional<BlackHole> black_hole_;
};

// What is known after the last ping, while its connection may be closed already.
struct SweepSession::Swept {
  RunWriter writer;
  Evidence evidence;
  std::uint64_t pings;  // of the rows, the opening one not included
  PingStatus status;
  Duration elapsed;
  std::optional<Mss> mss_now;
};

SweepSession::SweepSession(TcpConnection& peer, const RunSettings& settings, const HostFacts& host,
                           const std::optional<Sample>& opening)
    : peer_(peer),
      settings_(settings),
      host_(host),
      opening_(opening),
      facts_(prepare_for_sweep(peer, settings, opening ? opening->rtt : Duration::max())),
      plan_(plan_of(settings, facts_.path.mss)) {}

RunOutcome SweepSession::measure(const RunIdentity& identity, const OpenOutput& open_output,
                                 const ShowRounds& show, ConnectionSource* fresh) {
  begin();
  if (fresh == nullptr) {
    return finish(sweep(peer_, identity, open_output, show), identity, nullptr);
  }
  Swept swept = [&] {
    FreshPeer peer(*fresh, settings_, facts_);
    return sweep(peer, identity, open_output, show);
  }();
  return finish(std::move(swept), identity, fresh);
}

RunOutcome SweepSession::measure(const RunIdentity& identity, const OpenOutput& open_output,
                                 const ShowRounds& show, WebSocketPeer& peer) {
  begin();
  Swept swept = sweep(peer, identity, open_output, show);
  if (swept.status == PingStatus::Ok) {
    swept.status = peer.settle();
  }
  return finish(std::move(swept), identity, nullptr);
}

void SweepSession::begin() {
  // What was sent so far is not the first ping's, nor the opening one's.
  Sample before;
  peer_.explain(opening_ ? *opening_ : before, Duration(0));
  if (opening_) {
    opening_->status = PingStatus::Ok;  // other messages may be on their way since
    opening_->evidence.segments.reset();
    opening_->evidence.retransmits.reset();
    opening_->evidence.delivered.reset();
    opening_->evidence.doubtful.reset();
  }
}

// One ping before all others, if the sweep needs it, and the boundaries by the MSS that it left.
// The ping has no row unless it fails. False if it failed.
template <class Peer>
bool SweepSession::discover_path(Peer& peer, std::vector<Sample>& samples) {
  const auto size = probe_size(settings_.sweep, facts_.path.mss);
  const bool is_promised = is_fresh_downward(settings_.sweep);  // prepare_for_sweep() has done it
  if (!size || is_promised) {
    return true;
  }
  PayloadSource payloads(*size, settings_.sweep.fill, settings_.sweep.seed.value_or(0),
                         settings_.framing);
  PingTimer<Peer> timer(peer, payloads);
  if (timer.measure({.number = 0, .sizes = std::span(&*size, 1)}, samples) != PingStatus::Ok) {
    return false;
  }
  samples.clear();
  unlisted_pings_ = 1;
  read_path(peer);
  plan_ = plan_of(settings_, facts_.path.mss);
  return true;
}

// Takes the MSS and the path MTU of the connection that carried the last ping.
template <class Peer>
void SweepSession::read_path(const Peer& peer) {
  if (const std::optional<PathInfo> path = peer.path_info()) {
    // Discovery only lowers the MSS. What raises it is the peer's window, which grows during the
    // warm-up: on loopback to another value in each run.
    facts_.path.mss =
        path->mss && facts_.path.mss ? std::min(*path->mss, *facts_.path.mss) : path->mss;
    facts_.path.path_mtu = path->path_mtu;
  }
}

template <class Peer>
SweepSession::Swept SweepSession::sweep(Peer& peer, const RunIdentity& identity,
                                        const OpenOutput& open_output, const ShowRounds& show) {
  std::vector<Sample> unwritten(std::max(kMostUnwritten, 2 * plan_.sizes().size()));
  unwritten.clear();  // its memory is there, and touched
  PingStatus status = PingStatus::Ok;
  if (!discover_path(peer, unwritten)) {
    status = unwritten.back().status;
  }
  unwritten.reserve(2 * plan_.sizes().size());  // which may be others now
  PayloadSource payloads(plan_.sizes().back(), settings_.sweep.fill,
                         settings_.sweep.seed.value_or(0), settings_.framing);
  PingTimer<Peer> timer(peer, payloads, settings_.sweep.interval);
  Evidence evidence;
  RunningMinima fastest(plan_.sizes());
  Settling settling(plan_.sizes(), facts_.path.mss);
  std::optional<RunWriter> writer;
  std::optional<Mss> mss_now;
  std::uint64_t pings = 0;
  Duration written_at{0};
  // The header has the MSS of the counted samples: the file begins after the warm-up, or when the
  // memory is full.
  const auto write = [&] {
    if (!writer) {
      if (!settings_.sweep.sizes.has_boundaries) {  // their MSS is that of discover_path()
        read_path(peer);
      }
      mss_now = facts_.path.mss;
      writer.emplace(open_output(),
                     describe_run(peer_, settings_, identity, plan_.sizes(), host_, facts_),
                     columns_of(identity.protocol, settings_));
      if (opening_) {
        writer->append(std::span(&*opening_, 1));
      }
    } else if (const std::optional<PathInfo> path = peer.path_info()) {
      mss_now = path->mss;
    }
    const auto samples = without_interrupted(unwritten);
    writer->append(samples);
    pings += samples.size();
    evidence.add(samples, mss_now);
    fastest.add(samples);
    unwritten.clear();
    written_at = timer.elapsed();
  };
  if (settings_.sweep.warmup_rounds == 0) {
    write();
  }
  for (std::uint32_t i = 0; i < plan_.rounds_with_warmup() && status == PingStatus::Ok; ++i) {
    if (std::chrono::steady_clock::now() >= settings_.deadline) {
      status = settings_.sweep.is_enough(i) ? PingStatus::Ok : PingStatus::Interrupted;
      break;
    }
    status = timer.measure(plan_.round(i), unwritten);
    status = requested_stop() != 0 ? PingStatus::Interrupted : status;
    const bool is_full = unwritten.size() + plan_.sizes().size() > unwritten.capacity();
    const bool is_warm = i + 1 == settings_.sweep.warmup_rounds;
    if (is_full || is_warm || (writer && timer.elapsed() - written_at >= kLongestUnwritten)) {
      write();
      if (status != PingStatus::Ok) {
        break;
      }
      show({.done = i + 1,
            .all = settings_.sweep.expected_rounds(i + 1, timer.elapsed()),
            .fastest = fastest.text(facts_.path.mss),
            .sizes = plan_.sizes(),
            .minima = fastest.fastest(),
            .mss = facts_.path.mss});
      if (settings_.ends_when_settled && settling.add(fastest.fastest())) {
        break;
      }
    }
    if (status == PingStatus::Ok && settings_.sweep.is_over(i + 1, timer.elapsed())) {
      break;
    }
  }
  const Duration elapsed = timer.elapsed();
  write();
  return {.writer = std::move(*writer),
          .evidence = evidence,
          .pings = pings,
          .status = status,
          .elapsed = elapsed,
          .mss_now = mss_now};
}

// Asks the other end which of its acks it had to send again, and completes the rows. What does not
// arrive, or cannot be written, stays unknown.
PingStatus SweepSession::learn_resent_acks(Swept& swept, ConnectionSource* fresh) {
  FrameStream frames(peer_, settings_.session);
  const ResentAcksReport report =
      ask_for_resent_acks(frames, unlisted_pings_ + swept.pings, settings_.wait_limit(), [&] {
        if (fresh != nullptr) {
          fresh->close_others(settings_.wait_limit());
        }
      });
  if (report.status != PingStatus::Ok) {
    return report.status == PingStatus::Protocol ? report.status : swept.status;
  }
  const std::uint64_t first_row = opening_ ? 1 : 0;
  std::vector<ResentAck> rows;
  for (const ResentAck& ack : report.resent) {
    if (ack.ping > unlisted_pings_) {
      rows.push_back({.ping = ack.ping - 1 - unlisted_pings_ + first_row, .times = ack.times});
    }
  }
  try {
    swept.writer.set_peer_retransmits(first_row, rows);
  } catch (const std::system_error&) {
    return swept.status;  // the file is as it was
  }
  return swept.status;
}

RunOutcome SweepSession::finish(Swept swept, const RunIdentity& identity, ConnectionSource* fresh) {
  auto& [writer, evidence, pings, status, elapsed, mss_now] = swept;
  const bool is_idle =
      status == PingStatus::Ok ||  // nothing is in flight: at the deadline likewise
      (status == PingStatus::Interrupted && requested_stop() == 0);
  if (settings_.has_peer_retransmits && is_idle) {
    status = learn_resent_acks(swept, fresh);
  }
  if (status == PingStatus::Ok && identity.protocol == Protocol::Classic) {
    status = peer_.finish(1s);
  }
  const RunTrailer& trailer = writer.finish(end_of_run(status, settings_), elapsed,
                                            mss_now != facts_.path.mss ? mss_now : std::nullopt,
                                            trailer_facts(evidence.black_hole()));
  return {.status = trailer.status,
          .samples = trailer.samples,
          .file = writer.path(),
          .causes = facts_.causes,
          .black_hole = evidence.black_hole() ? describe(*evidence.black_hole(), facts_.path) : ""};
}

}  // namespace tcpstep
