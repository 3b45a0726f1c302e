// A run with a browser.
#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/sweep/ping_timer.h"
#include "lib/sweep/sweep_plan.h"
#include "lib/sweep/websocket_peer.h"
#include "server/run.h"
#include "server/run_report.h"
#include "server/web_messages.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kOpeningPings = 16;
constexpr Duration kBetweenProgress = 500ms;  // the page draws after each
constexpr Duration kTimeToDraw = 50ms;
constexpr Duration kTimeToRead = 5s;  // the table and its pictures

// Messages that are not counted, until the browser's code is warm.
PingStatus warm_up(WebSocketPeer& peer) {
  const std::vector<PayloadSize> sizes(kOpeningPings, PayloadSize(kSmallestMessage));
  PayloadSource payloads(sizes[0], Fill::Zero, 0, Framing::WebSocket);
  PingTimer<WebSocketPeer> timer(peer, payloads);
  std::vector<Sample> samples;
  return timer.measure({.number = 0, .sizes = sizes}, samples);
}

// What is measured so far, now and then, and time for the page to draw it.
ShowRounds show_to(WebSocketPeer& peer) {
  return [&peer, shown = Clock::now() - kBetweenProgress](const SweepProgress& progress) mutable {
    if (Clock::now() - shown >= kBetweenProgress &&
        peer.tell(web_progress(progress)) == PingStatus::Ok) {
      static_cast<void>(peer.stay_idle(kTimeToDraw));
      shown = Clock::now();
    }
  };
}

RunOutcome measure(const ServedRun& run, WebSocketPeer& peer) {
  RunIdentity identity = run.identity;
  run.client.set_io_timeout(run.settings.wait_limit());
  PingStatus status = peer.tell(web_begin(identity.run_id));
  if (status == PingStatus::Ok) {
    identity.browser->kernel_rtt = peer.kernel_rtt(run.settings.wait_limit());
    status = warm_up(peer);
  }
  if (status != PingStatus::Ok) {
    return outcome_without_file(run, status);
  }
  SweepSession session(run.client, run.settings, run.host, std::nullopt);
  return session.measure(identity, run.open_output, show_to(peer), peer);
}

}  // namespace

RunOutcome measure_browser(const ServedRun& run) {
  WebSocketPeer peer(run.client);
  const auto refuse = [&](const Refuse& refusal) {
    peer.say_and_close(web_refusal(refusal), kTimeToRead);
  };
  try {
    RunOutcome outcome = measure(run, peer);
    peer.say_and_close(web_result(run.identity.run_id, outcome.status,
                                  fault_of(outcome, run.settings.sweep.timeout), outcome.file,
                                  name_for_client(run, outcome.file)),
                       kTimeToRead);
    return outcome;
  } catch (const WorldError& error) {
    refuse({.reason = error.what(), .hint = error.hint()});
    throw;
  } catch (const std::system_error&) {
    refuse({.reason = "the server cannot write the result", .hint = "See its messages."});
    throw;
  }
}

}  // namespace tcpstep
