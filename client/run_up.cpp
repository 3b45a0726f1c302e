// This end sends and times; the server answers, and takes the result.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "client/run.h"
#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/cli/progress_bar.h"
#include "lib/cli/stop_signals.h"
#include "lib/sweep/frame_stream.h"

namespace tcpstep {
namespace {

// The name of a file that is needed for the time of a run only.
class TemporaryPath {
 public:
  TemporaryPath() = default;
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  ~TemporaryPath() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("tcpstep-" + random_hex(8) + ".csv");
};

}  // namespace

// Fresh connections of an upward run: each made and joined just before its ping.
class ClientRun::Joining : public ConnectionSource {
 public:
  explicit Joining(ClientRun& run) : run_(run) {}

  PingStatus next(std::optional<TcpConnection>& connection) override {
    if (StopSignals::received() != 0) {
      return PingStatus::Interrupted;
    }
    try {
      connection.emplace(run_.join());
    } catch (const std::exception& error) {
      fault_ = error.what();
      return failure();
    }
    FrameStream frames(*connection, std::exchange(run_.rest_, {}));
    const auto answer = frames.receive(run_.options_.timeout);
    if (answer.status != PingStatus::Ok) {
      return answer.status;
    }
    const bool is_ready = std::holds_alternative<Ready>(*answer.message);
    return is_ready && frames.take_rest().empty() ? PingStatus::Ok : PingStatus::Protocol;
  }

  // Why there was no next one, if that is known.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  ClientRun& run_;
  std::string fault_;
};

void ClientRun::measure_up() {
  const RunSettings run_settings = settings();
  SweepSession session(server_, run_settings, host_, std::nullopt);
  FrameStream frames(server_, std::exchange(rest_, {}));
  PingStatus status = frames.send(Ready{});
  if (status != PingStatus::Ok || !frames.take_rest().empty()) {
    mark_lost("reset");
    throw WorldError("the server is gone");
  }
  ProgressBar progress("round", run_settings.sweep.rounds + run_settings.sweep.warmup_rounds,
                       !options_.is_quiet);
  std::optional<TemporaryPath> temporary;
  if (options_.output.empty()) {
    temporary.emplace();
  }
  Joining fresh(*this);
  const RunOutcome outcome = session.measure(
      identity(), [&] { return temporary ? OutputFile(temporary->path()) : open_output(); },
      [&](std::uint32_t done, std::uint32_t) { progress.show(done, run_settings.sweep.link); },
      negotiation_.accept().sweep.connection == ConnectionMode::Fresh ? &fresh : nullptr);
  std::ifstream file(outcome.file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  temporary.reset();
  status = frames.send(Result{.status = outcome.status, .bytes = bytes.size()});
  status = status == PingStatus::Ok ? server_.send_all(bytes_of(bytes)) : status;
  const auto answer = status == PingStatus::Ok ? frames.receive(options_.timeout)
                                               : FrameStream::Received{status, std::nullopt};
  show_table(bytes);
  StopSignals::die_if_received();
  if (outcome.status != kComplete) {
    throw WorldError(fmt::format("the run ended early ({})", outcome.status), fresh.fault());
  }
  if (answer.message && std::holds_alternative<Refuse>(*answer.message)) {
    const auto& refusal = std::get<Refuse>(*answer.message);
    throw WorldError("the server did not take the result: " + refusal.reason, refusal.hint);
  }
  if (!answer.message || !std::holds_alternative<Stored>(*answer.message)) {
    throw WorldError(
        fmt::format("nobody knows whether the server has the result: {}", to_word(answer.status)));
  }
}

}  // namespace tcpstep
