#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/connect.h"
#include "client/limits.h"
#include "client/outcome.h"
#include "client/run.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/waiting.h"
#include "lib/runfile/run_writer.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/partial_result.h"
#include "lib/sweep/path_speed.h"
#include "lib/sweep/resent_acks.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/result_check.h"
#include "lib/sweep/running_minima.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

// The user is waiting for the prompt, and the server may be a stranger's.
constexpr PartialPatience kPatience{.silence = 5s, .in_all = 15s};

// Besides the announced pings there may be the opening one, and one that discovers the path.
ResponderLimits limits_of(const NegotiatedRun& run, std::uint64_t pings) {
  return {.payload_bytes = run.settings.sweep.sizes.largest().bytes(),
          .payloads = pings + 2,
          .bytes = run.options.limits.bytes + PayloadSize::kLargest,
          .deadline = run.begin + run.options.limits.time};
}

// The pings as this end sees them, from one ack to the next: a little longer than what the server
// measures. For the progress display, and for a table if the result does not arrive; they are never
// written.
class SeenPings {
 public:
  // A payload was acked just now.
  void add(std::uint64_t bytes, bool counts) {
    const auto now = NegotiatedRun::Clock::now();
    if (counts) {
      times_[PayloadSize(static_cast<std::uint32_t>(bytes))].add(now - acked_at_);
    }
    acked_at_ = now;
  }

  [[nodiscard]] const SeenTimes& times() const { return times_; }

  // Takes time: for when something is drawn.
  [[nodiscard]] std::string text(std::optional<Mss> mss) const {
    std::vector<PayloadSize> sizes;
    std::vector<Sample> samples;
    for (const auto& [size, times] : times_) {
      sizes.push_back(size);
      samples.push_back({.round = 1, .size = size, .rtt = times.minimum()});
    }
    if (sizes.empty()) {
      return {};
    }
    RunningMinima minima(sizes);
    minima.add(samples);
    return minima.text(mss, "~");
  }

 private:
  NegotiatedRun::Clock::time_point acked_at_ = NegotiatedRun::Clock::now();
  SeenTimes times_;  // grows in the first round that counts
};

// Whether this end looks at the clock after each ack without disturbing the next ping, and sees
// something like an RTT.
bool can_be_seen(const NegotiatedRun& run) {
  constexpr Duration kSlow = 1ms;
  return run.settings.sweep.interval == Duration::zero() &&
         speed_of(run.server).shortest_rtt.value_or(Duration(0)) >= kSlow;
}

// `received` becomes what follows the last payload; `seen` gets what this end saw of the pings.
AckedPayloads ack_on_one_connection(const NegotiatedRun& run, std::string& received,
                                    SeenTimes& seen_times) {
  const SweepSpec& sweep = run.settings.sweep;
  const std::uint64_t rounds = sweep.all_rounds();
  const std::uint64_t pings_per_round = std::max<std::uint64_t>(run.pings / rounds, 1);
  ProgressBar progress("round", rounds, !run.options.is_quiet);
  const bool is_seen = can_be_seen(run);
  Responder responder(run.server, {.received = bytes_of(received),
                                   .acked = 1,
                                   .stops_at_frame = true,
                                   .watches_acks = run.settings.has_peer_retransmits,
                                   .limits = limits_of(run, run.pings)});
  std::uint64_t end_of_round = 1 + pings_per_round;  // the opening ping came before the rounds
  const std::uint64_t end_of_warmup = 1 + sweep.warmup_rounds * pings_per_round;
  AckedPayloads before = responder.so_far();
  SeenPings seen;
  const AckedPayloads acked = responder.run([&] {
    const AckedPayloads& so_far = responder.so_far();
    if ((!progress.is_on() && !is_seen) || so_far.payloads == before.payloads) {
      return;
    }
    seen.add(so_far.bytes - before.bytes, so_far.payloads > end_of_warmup);
    before.payloads = so_far.payloads;
    before.bytes = so_far.bytes;
    if (so_far.payloads >= end_of_round) {
      const std::uint64_t done = (end_of_round - 1) / pings_per_round;
      if (progress.is_due()) {
        progress.show(
            done, sweep.expected_rounds(done, run.elapsed()),
            sweep.interval > Duration::zero() ? sweep.link : seen.text(run.server.path_info().mss));
      }
      end_of_round += pings_per_round;
    }
  });
  received = text_of(responder.rest());
  if (is_seen) {
    seen_times = seen.times();
  }
  return acked;
}

// A frame in place of a payload: why a fresh connection is refused.
[[noreturn]] void throw_refusal(TcpConnection& connection, const std::string& received,
                                Duration limit) {
  const auto [status, message] = FrameStream(connection, nullptr, received).receive(limit);
  const auto* refusal = message ? std::get_if<Refuse>(&*message) : nullptr;
  throw WorldError("a fresh connection was refused: " +
                       (refusal != nullptr ? refusal->reason : "unexpected data from the server"),
                   refusal != nullptr ? refusal->hint : "");
}

// After a connection of a ping has failed: the server may have ended the run meanwhile, and then
// its result is on the way.
bool may_have_ended(const NegotiatedRun& run) {
  return wait_for_either(run.server.fd(), run.server.fd(), kPatience.silence);
}

AckedPayloads ack_on_fresh_connections(const NegotiatedRun& run) {
  ProgressBar progress("ping", run.pings, !run.options.is_quiet);
  AckedPayloads all{.payloads = 1, .bytes = 1, .largest = 1};  // the opening ping's
  for (std::uint64_t ping = 0; ping < run.pings && !is_readable(run.server.fd()); ++ping) {
    std::optional<FreshConnection> fresh;
    try {
      fresh.emplace(join_run(run.server.peer(), run.token, run.options, run.secret));
    } catch (const std::exception&) {
      if (StopSignals::received() != 0) {
        all.end = PingStatus::Interrupted;
        return all;
      }
      if (may_have_ended(run)) {
        break;
      }
      write_lost_run(run, to_word(status_of_exception()));
      StopSignals::die_if_received();
      throw;
    }
    Responder responder(fresh->connection, {.received = bytes_of(fresh->rest),
                                            .acked = 0,
                                            .stops_at_frame = true,
                                            .watches_acks = run.settings.has_peer_retransmits,
                                            .limits = limits_of(run, 1)});
    const AckedPayloads acked = responder.run();
    if (!responder.rest().empty()) {
      write_lost_run(run, to_word(PingStatus::Failed));
      throw_refusal(fresh->connection, text_of(responder.rest()), run.options.timeout);
    }
    add_ping(all, acked, ping + 1);
    if (NegotiatedRun::Clock::now() >= run.begin + run.options.limits.time) {
      all.excess = Excess::Time;
      all.end = PingStatus::Interrupted;
      return all;
    }
    if (acked.end != PingStatus::Closed || acked.unfinished_bytes > 0) {
      // A server that is told to stop closes it in mid-ping; an ack that it does not read then
      // resets it.
      const bool is_cut = acked.end == PingStatus::Closed || acked.end == PingStatus::Reset;
      if (is_cut && may_have_ended(run)) {
        break;
      }
      all.end = acked.end == PingStatus::Ok ? PingStatus::Closed : acked.end;
      all.unfinished_bytes = acked.unfinished_bytes;
      return all;
    }
    const SweepSpec& sweep = run.settings.sweep;
    const std::uint64_t per_round = std::max<std::uint64_t>(run.pings / sweep.all_rounds(), 1);
    progress.show(ping + 1,
                  per_round * sweep.expected_rounds((ping + 1) / per_round, run.elapsed()),
                  sweep.link);
  }
  return all;
}

struct ReceivedResult {
  PingStatus status = PingStatus::Ok;
  std::string bytes = {};      // the whole file if `status` is Ok
  std::string announced = {};  // its status
  std::string kept = {};       // the name of the server's file
  std::optional<Refuse> refusal = {};
  std::string fault = {};  // why `status` is not Ok, if that is known
};

ReceivedResult receive_result(const NegotiatedRun& run, const AckedPayloads& acked,
                              const std::string& received) {
  FrameStream frames(run.server, run.settings.session, received);
  const auto [status, message] =  // the opening ping is not one of the run's
      receive_after_pings(frames, acked.payloads - 1, acked.resent_acks, run.options.timeout);
  if (status != PingStatus::Ok) {
    return {.status = status, .fault = frames.fault()};
  }
  if (const auto* refusal = std::get_if<Refuse>(&*message)) {
    return {.status = PingStatus::Failed, .refusal = *refusal};
  }
  const auto* result = std::get_if<Result>(&*message);
  const std::uint64_t limit = largest_result(run.settings.sweep, run.options.limits);
  if (result == nullptr || result->bytes > limit) {
    return {.status = PingStatus::Protocol,
            .fault = result == nullptr ? "the server did not send a result"
                                       : fmt::format("it has {} bytes, this run's has {} at most",
                                                     result->bytes, limit)};
  }
  ReceivedResult whole{.announced = result->status, .kept = result->file};
  whole.status = frames.receive_file(whole.bytes, *result,
                                     run.begin + run.options.limits.time + run.options.timeout);
  whole.fault = frames.fault();
  return whole;
}

// Data from another host is checked before it is kept or shown.
RunTrailer check_received(const NegotiatedRun& run, const AckedPayloads& acked,
                          const ReceivedResult& result) {
  try {
    return check_result(result.bytes,
                        {.facts = describe_lost_run(run.settings, run.identity, run.host),
                         .settings = run.settings,
                         .longest = run.elapsed(),
                         .status = result.announced,
                         .acked = acked.payloads - 1,  // but for the opening ping
                         .mss = run.server.peer_mss()});
  } catch (const WorldError& error) {
    write_lost_run(run, to_word(PingStatus::Protocol));
    throw WorldError(fmt::format("the server sent an invalid result: {}", error.what()));
  }
}

}  // namespace

void take_part_down(const NegotiatedRun& run, const std::string& received) {
  std::string rest = send_ready(run, received);
  SeenTimes seen;
  const AckedPayloads acked =
      run.is_fresh() ? ack_on_fresh_connections(run) : ack_on_one_connection(run, rest, seen);
  ReceivedResult result{.status = acked.end};
  if (StopSignals::received() != 0 && acked.end == PingStatus::Interrupted) {
    auto partial = fetch_partial_result(
        run.server, run.settings.session, !run.is_fresh() && acked.unfinished_bytes > 0,
        largest_result(run.settings.sweep, run.options.limits), kPatience);
    if (partial) {
      result = {.bytes = std::move(partial->bytes),
                .announced = partial->announced.status,
                .kept = partial->announced.file};
    }
  } else if (acked.end == PingStatus::Ok) {
    result = receive_result(run, acked, rest);
  }
  const PathInfo path = run.server.path_info();
  const auto hole = acked.end == PingStatus::Timeout
                        ? suspect_black_hole(acked.largest, run.settings.sweep, path)
                        : std::nullopt;
  if (result.status != PingStatus::Ok) {
    const std::string lost = write_lost_run(
        run, result.refusal ? to_word(PingStatus::Failed) : end_of_run(result.status, run.settings),
        hole);
    present(run.options, run.output, lost, SeenRun{.times = seen, .mss = path.mss});
  }
  if (hole) {
    throw WorldError(fmt::format("no data from the server for {}: {}",
                                 format_duration(run.options.timeout), describe(*hole, path)),
                     std::string(kBlackHoleRemedy));
  }
  if (acked.end != PingStatus::Ok && result.status != PingStatus::Ok) {
    check_end(acked, run.options.timeout);
    throw WorldError("the server ended the run early");
  }
  if (result.refusal) {
    throw WorldError(result.refusal->reason, result.refusal->hint);
  }
  if (result.status != PingStatus::Ok) {
    StopSignals::die_if_received();
    throw WorldError("the result did not arrive: " +
                     (result.fault.empty() ? std::string(to_word(result.status)) : result.fault));
  }
  const RunTrailer trailer = check_received(run, acked, result);
  if (run.output.is_wanted()) {  // byte for byte what the server has
    OutputFile file = run.output.open(run.settings.sweep);
    write_copy(file, result.bytes);
    file.sync();
    run.output.publish();
  }
  present(run.options, run.output, result.bytes);
  report_kept(run, result.kept);
  StopSignals::die_if_received();
  if (trailer.status != kComplete) {
    throw WorldError(fmt::format("the server ended the run early ({})", trailer.status));
  }
}

}  // namespace tcpstep
