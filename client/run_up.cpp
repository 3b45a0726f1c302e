#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

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
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/sweep_session.h"

namespace tcpstep {
namespace {

// Fresh connections, each made and joined to the run just before its ping.
class JoiningSource : public ConnectionSource {
 public:
  explicit JoiningSource(const NegotiatedRun& run) : run_(run) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    if (StopSignals::received() != 0) {
      return PingStatus::Interrupted;
    }
    std::string rest;
    try {
      FreshConnection fresh = join_run(run_.server.peer(), run_.token, run_.options, run_.secret);
      connection.emplace(std::move(fresh.connection));
      rest = std::move(fresh.rest);
    } catch (const std::exception& error) {
      fault_ = error.what();
      return status_of_exception();
    }
    FrameStream frames(*connection, nullptr, rest);
    const auto received = frames.receive(run_.options.timeout);
    if (received.status != PingStatus::Ok) {
      return received.status;
    }
    if (const auto* refusal = std::get_if<Refuse>(&*received.message)) {
      fault_ = "a fresh connection was refused: " + refusal->reason + ". " + refusal->hint;
      return PingStatus::Failed;
    }
    const bool is_ready = std::holds_alternative<Ready>(*received.message);
    return is_ready && frames.take_rest().empty() ? PingStatus::Ok : PingStatus::Protocol;
  }

  // Why there was no next one, if that is known.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const NegotiatedRun& run_;
  std::string fault_;
};

using namespace std::chrono_literals;

// After a run that broke off: its table should not be long in coming.
constexpr Duration kTimeToConfirm = 5s;

// Sends the result, and waits until the server has stored it.
FrameStream::Received deliver(const NegotiatedRun& run, const std::string& status,
                              const std::string& result) {
  FrameStream frames(run.server, run.settings.session);
  PingStatus sent =
      frames.send(Result{.status = status, .bytes = result.size(), .hash = hash_of(result)});
  if (sent == PingStatus::Ok) {
    sent = run.server.send_all(bytes_of(result));
  }
  const Duration limit =
      status == kComplete ? run.options.timeout : std::min(run.options.timeout, kTimeToConfirm);
  return sent == PingStatus::Ok ? frames.receive(limit) : FrameStream::Received{sent, std::nullopt};
}

}  // namespace

void take_part_up(const NegotiatedRun& run, const std::string& received) {
  SweepSession session(run.server, run.settings, run.host, std::nullopt);
  if (!send_ready(run, received).empty()) {
    write_lost_run(run, to_word(PingStatus::Protocol));
    throw WorldError("unexpected data from the server");
  }
  const SweepSpec& sweep = run.settings.sweep;
  ProgressBar progress("round", sweep.all_rounds(), !run.options.is_quiet);
  std::optional<TemporaryFolder> temporary;  // of a result that the user did not ask for
  if (!run.output.is_wanted()) {
    temporary.emplace();
  }
  JoiningSource fresh(run);
  const RunOutcome outcome = session.measure(
      run.identity,
      [&] {
        return temporary ? OutputFile(temporary->path() / "result.csv") : run.output.open(sweep);
      },
      [&](const SweepProgress& so_far) { progress.show(so_far.done, so_far.all, so_far.fastest); },
      run.is_fresh() ? &fresh : nullptr);
  progress.erase();
  const std::string result = read_file(outcome.file);
  const auto reply = deliver(run, outcome.status, result);
  run.output.publish();
  present(run.options, run.output, result);
  if (reply.message && std::holds_alternative<Stored>(*reply.message)) {
    report_kept(run, std::get<Stored>(*reply.message).file);
  }
  StopSignals::die_if_received();
  if (!outcome.black_hole.empty()) {
    throw WorldError(outcome.black_hole, std::string(kBlackHoleRemedy));
  }
  if (outcome.status != kComplete) {
    throw WorldError(fmt::format("the run ended early ({})", outcome.status), fresh.fault());
  }
  if (reply.message && std::holds_alternative<Refuse>(*reply.message)) {
    const auto& refusal = std::get<Refuse>(*reply.message);
    throw WorldError("the server did not accept the result: " + refusal.reason, refusal.hint);
  }
  if (!reply.message || !std::holds_alternative<Stored>(*reply.message)) {
    throw WorldError(
        fmt::format("the server did not confirm the result: {}", to_word(reply.status)));
  }
}

}  // namespace tcpstep
