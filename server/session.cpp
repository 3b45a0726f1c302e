#include "server/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <utility>

#include "lib/base/error.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/host/doctor.h"
#include "lib/measure/ping_timer.h"
#include "lib/measure/sweep_plan.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimestampsFrom = 200us;  // there, their cost is below 1 % of the RTT

using Timer = PingTimer<TcpConnection>;

void set_congestion_control(TcpConnection& client, const std::string& wanted,
                            ConnectionFacts& facts) {
  if (wanted != "system" && !client.set_congestion_control(wanted)) {
    facts.warnings.push_back(
        {.key = "other_congestion_control",
         .words = fmt::format("this kernel does not offer congestion control {}", wanted),
         .remedy = fmt::format("The run uses {}. To get the other: modprobe tcp_{}",
                               client.path_info().congestion_control, wanted)});
  }
}

void set_busy_poll(TcpConnection& client, std::chrono::microseconds wanted,
                   ConnectionFacts& facts) {
  facts.busy_poll = client.set_busy_poll(wanted);
  if (facts.busy_poll < wanted) {
    facts.warnings.push_back(
        {.key = "no_busy_poll",
         .words = fmt::format("the kernel polls the card for {} µs instead of {} µs",
                              facts.busy_poll.count(), wanted.count()),
         .remedy = "--busy-poll needs root or CAP_NET_ADMIN, and a kernel and a card that can."});
  }
}

void set_timestamps(TcpConnection& client, TimestampMode mode, Duration rtt,
                    ConnectionFacts& facts) {
  TimestampSource wanted = TimestampSource::Off;
  if (mode == TimestampMode::Software || (mode == TimestampMode::Auto && rtt >= kTimestampsFrom)) {
    wanted = TimestampSource::Software;
  } else if (mode == TimestampMode::Hardware) {
    const bool is_ready = facts.interface.can_stamp && start_card_stamps(facts.interface.name);
    wanted = is_ready ? TimestampSource::Hardware : TimestampSource::Software;
    if (!is_ready) {
      facts.warnings.push_back(
          {.key = "no_hardware_timestamps",
           .words = fmt::format("{} takes no timestamps of its own", facts.interface.name),
           .remedy = facts.interface.can_stamp
                         ? "Starting them needs root. The kernel's are used instead."
                         : "The kernel's are used instead."});
    }
  }
  facts.timestamps = client.set_timestamps(wanted);
  if (facts.timestamps != wanted) {
    facts.warnings.push_back({.key = "no_timestamps",
                              .words = "this kernel gives no timestamps",
                              .remedy = "The columns kernel_rtt_ns and send_stack_ns stay empty."});
  }
}

void check_congestion_control(ConnectionFacts& facts) {
  if (facts.path.congestion_control == "bbr") {
    facts.warnings.push_back({.key = "bbr",
                              .words = "BBR paces the segments of a payload apart",
                              .remedy = "Use --congestion cubic, unless BBR is what you study."});
  }
}

// Sets what was asked for, and reads back what came of it. The connection has carried one ping.
ConnectionFacts prepare(TcpConnection& client, const ServerOptions& options, Duration opening_rtt) {
  ConnectionFacts facts;
  facts.interface = describe_interface(client.local_address());
  set_congestion_control(client, options.congestion_control, facts);
  set_busy_poll(client, options.this_host.busy_poll, facts);
  facts.path = client.path_info();
  const Duration rtt = std::min(opening_rtt, facts.path.smoothed_rtt.value_or(opening_rtt));
  set_timestamps(client, options.timestamps, rtt, facts);
  check_congestion_control(facts);
  for (Warning& warning : examine(facts.interface)) {
    facts.warnings.push_back(std::move(warning));
  }
  return facts;
}

// Pings that were cut off by a signal are dropped: nothing went wrong with the link.
std::span<const Sample> without_interrupted(std::span<const Sample> samples) {
  const bool is_cut = !samples.empty() && samples.back().status == PingStatus::Interrupted;
  return is_cut ? samples.first(samples.size() - 1) : samples;
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

SweepOptions resolve_sweep(const ServerOptions& options, std::uint64_t seed,
                           std::optional<Mss> mss) {
  SweepOptions sweep = options.sweep;
  sweep.seed = seed;
  auto sizes = options.sizes.resolve(mss);
  if (!sizes) {
    throw WorldError(
        fmt::format("with this client's MSS, {} bytes, one round of --sizes {} would "
                    "be more than 1 GiB",
                    mss ? mss->bytes() : 0, options.sizes_text));
  }
  sweep.sizes = std::move(*sizes);
  return sweep;
}

// Shortest RTT of any ping so far, warm-up included.
void note_shortest(std::span<const Sample> samples, Duration& shortest) {
  for (const Sample& sample : samples) {
    if (sample.status == PingStatus::Ok) {
      shortest = std::min(shortest, sample.rtt);
    }
  }
}

}  // namespace

RunOutcome run_session(TcpConnection& client, const ServerOptions& options, const HostFacts& host,
                       const OpenOutput& open_output) {
  client.set_io_timeout(options.timeout);
  client.set_wait(options.this_host.scheduling.wait);
  const std::uint64_t seed = options.seed ? *options.seed : fresh_seed();
  PayloadSource payloads(options.sizes.largest(), options.fill, seed);

  Timer timer(client, payloads, {.sizes_per_round = 1, .interval = options.interval});
  const PayloadSize one_byte(1);
  const Sample opening = timer.measure({.number = 0, .sizes = std::span(&one_byte, 1)}).front();
  if (opening.status != PingStatus::Ok) {
    return {
        .status = std::string(to_word(opening.status)), .samples = 0, .file = {}, .warnings = {}};
  }
  const ConnectionFacts facts = prepare(client, options, opening.rtt);
  SweepPlan plan(resolve_sweep(options, seed, facts.path.mss));
  timer.reserve(plan.options().sizes.size());
  RunWriter writer(open_output(), describe_run(client, options, plan.options(), host, facts));
  writer.append(0, std::span(&opening, 1));

  ProgressBar progress("round", plan.rounds_with_warmup(), !options.is_quiet);
  PingStatus status = PingStatus::Ok;
  Duration shortest = Duration::max();
  for (std::uint32_t i = 0; i < plan.rounds_with_warmup() && status == PingStatus::Ok; ++i) {
    const Round round = plan.round(i);
    const auto samples = timer.measure(round);
    status = StopSignals::received() != 0 ? PingStatus::Interrupted : samples.back().status;
    writer.append(round.number, without_interrupted(samples));
    note_shortest(samples, shortest);
    progress.show(i + 1, options.link);
  }
  const Duration elapsed = timer.elapsed();
  if (status == PingStatus::Ok) {
    status = client.finish(1s);
  }
  const std::optional<Mss> mss_now = client.path_info().mss;
  const RunTrailer& trailer =
      writer.finish(status == PingStatus::Ok ? kComplete : to_word(status), elapsed,
                    mss_now != facts.path.mss ? mss_now : std::nullopt);
  RunOutcome outcome{.status = trailer.status,
                     .samples = trailer.samples,
                     .file = writer.path(),
                     .warnings = facts.warnings};
  const bool is_blocking = options.this_host.scheduling.wait == Wait::Block;
  for (Warning& warning : compare_with_timers(shortest, is_blocking, host.timers)) {
    outcome.warnings.push_back(std::move(warning));
  }
  return outcome;
}

}  // namespace tcpstep
