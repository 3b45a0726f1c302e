#include "server/session.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <chrono>
#include <span>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/host_info.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/print.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/measure/ping_timer.h"
#include "lib/measure/sweep_plan.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

template <class Value>
Value random_value() {
  Value value{};
  check_syscall(::getrandom(&value, sizeof value, 0), "getrandom");
  return value;
}

// A version 4 UUID (RFC 9562, section 5.4).
std::string make_run_id() {
  auto [high, low] = random_value<std::pair<std::uint64_t, std::uint64_t>>();
  high = (high & ~0xF000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62U)) | (2ULL << 62U);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                     high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto fraction = now.time_since_epoch() % 1s;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), fraction.count());
}

RunHeader describe_run(const TcpConnection& client, const ServerOptions& options,
                       const SweepOptions& sweep) {
  const PathInfo path = client.path_info();
  const HostInfo host = describe_host();
  const ClockInfo clock = describe_clock();
  RunHeader header;
  header.add("run_id", make_run_id());
  header.add("started_utc", utc_now());
  header.add("tool", version_and_git());
  header.add("link", options.link);
  header.add("label", options.label);
  header.add("protocol", "classic");
  header.add("measured_by", "server");
  header.add("direction", "down");
  header.add("connection", "warm");
  header.add("sizes_bytes", options.sizes_text);
  header.add("rounds", sweep.rounds);
  header.add("warmup_rounds", sweep.warmup_rounds);
  header.add("order", sweep.order == Order::Ascending ? "ascending" : "shuffled");
  header.add("seed", sweep.seed);
  header.add("interval_ns", static_cast<std::uint64_t>(options.interval.count()));
  header.add("timeout_ns", static_cast<std::uint64_t>(options.timeout.count()));
  header.add("fill", options.fill == Fill::Random ? "random" : "zero");
  header.add("requested_congestion_control", options.congestion_control);
  header.add("effective_congestion_control", path.congestion_control);
  header.add("effective_nodelay", path.is_nodelay ? "on" : "off");
  header.add("ip_version", client.peer().version() == IpVersion::V4 ? "4" : "6");
  header.add("server_addr", client.local_address().text());
  header.add("client_addr", client.peer().text());
  if (path.mss) {
    header.add("mss_bytes", path.mss->bytes());
  }
  if (path.path_mtu) {
    header.add("path_mtu_bytes", *path.path_mtu);
  }
  if (path.cwnd_segments) {
    header.add("initial_cwnd_segments", *path.cwnd_segments);
  }
  header.add("tcp_options", path.tcp_options);
  header.add("server_os", host.os);
  header.add("server_cpu", host.cpu);
  header.add("clocksource", host.clocksource);
  header.add("clock", "CLOCK_MONOTONIC");
  header.add("clock_resolution_ns", static_cast<std::uint64_t>(clock.resolution.count()));
  header.add("clock_reading_ns", static_cast<std::uint64_t>(clock.reading_cost.count()));
  return header;
}

void prepare(TcpConnection& client, const ServerOptions& options) {
  client.set_io_timeout(options.timeout);
  const std::string& wanted = options.congestion_control;
  if (wanted != "system" && !client.set_congestion_control(wanted)) {
    print_words(
        fmt::format("tcpstep-server: congestion control {} is not available, the run uses {}",
                    wanted, client.path_info().congestion_control));
  }
}

// Pings that were cut off by a signal are dropped: nothing went wrong with the link.
std::span<const Sample> without_interrupted(std::span<const Sample> samples) {
  const bool is_cut = !samples.empty() && samples.back().status == PingStatus::Interrupted;
  return is_cut ? samples.first(samples.size() - 1) : samples;
}

}  // namespace

RunOutcome run_session(TcpConnection& client, const ServerOptions& options,
                       const OpenOutput& open_output) {
  SweepOptions sweep = options.sweep;
  sweep.seed = options.seed.value_or(random_value<std::uint64_t>());
  SweepPlan plan(sweep);
  PayloadSource payloads(plan.largest_payload(), options.fill, sweep.seed);
  prepare(client, options);

  PingTimer timer(client, payloads,
                  {.sizes_per_round = sweep.sizes.size(), .interval = options.interval});
  const PayloadSize one_byte(1);
  const Sample opening = timer.measure({.number = 0, .sizes = std::span(&one_byte, 1)}).front();
  if (opening.status != PingStatus::Ok) {
    return {.status = std::string(to_word(opening.status)), .samples = 0, .file = {}};
  }
  RunWriter writer(open_output(), describe_run(client, options, sweep));
  writer.append(0, std::span(&opening, 1));

  ProgressBar progress("round", plan.rounds_with_warmup(), !options.is_quiet);
  PingStatus status = PingStatus::Ok;
  for (std::uint32_t i = 0; i < plan.rounds_with_warmup() && status == PingStatus::Ok; ++i) {
    const Round round = plan.round(i);
    const auto samples = timer.measure(round);
    status = StopSignals::received() != 0 ? PingStatus::Interrupted : samples.back().status;
    writer.append(round.number, without_interrupted(samples));
    progress.show(i + 1, options.link);
  }
  const Duration elapsed = timer.elapsed();
  if (status == PingStatus::Ok) {
    status = client.finish(1s);
  }
  const RunTrailer& trailer =
      writer.finish(status == PingStatus::Ok ? kComplete : to_word(status), elapsed);
  return {.status = trailer.status, .samples = trailer.samples, .file = writer.path()};
}

}  // namespace tcpstep
