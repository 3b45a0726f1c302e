// One sweep with one peer, by the end that measures: from the settings to the trailer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/warning_table.h"
#include "lib/net/tcp_connection.h"
#include "lib/runfile/output_file.h"
#include "lib/sweep/fresh_connections.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"
#include "lib/sweep/sweep_plan.h"
#include "lib/sweep/websocket_peer.h"

namespace tcpstep {

// What came of a run.
struct RunOutcome {
  std::string status;           // the trailer's: "complete", "timeout", ...
  std::uint64_t samples = 0;    // counted ones
  std::filesystem::path file;   // empty if there is nothing to write about
  std::vector<Warning> causes;  // of warnings that the file has
  std::string black_hole;       // describe()d if one may have ended the run
  std::string fault{};          // what the other end did wrong, if the status does not say it
};

// Opens the file of a run, once it is known that there is something to write.
using OpenOutput = std::function<OutputFile()>;

// How far a run is.
struct SweepProgress {
  std::uint64_t done;   // rounds, warm-up included
  std::uint64_t all;    // expected, if the run has a time
  std::string fastest;  // RunningMinima::text()
  // The sizes, the fastest ping of each (see RunningMinima), and the MSS.
  std::span<const PayloadSize> sizes;
  std::span<const Duration> minima;
  std::optional<Mss> mss;
};

// Told when rounds were written, outside the timed part.
using ShowRounds = std::function<void(const SweepProgress& progress)>;

class SweepSession {
 public:
  // Sets on `peer` what was asked for, and reads back what came of it. `opening` is the ping that
  // this end has timed on the connection, if it has. The references must outlive this.
  SweepSession(TcpConnection& peer, const RunSettings& settings, const HostFacts& host,
               const std::optional<Sample>& opening);

  // Of all rounds, warm-up included.
  [[nodiscard]] std::uint64_t pings() const {
    return std::uint64_t{plan_.rounds_with_warmup()} * plan_.sizes().size();
  }

  // Measures over `peer`, or over `fresh` connections if they are given. Throws std::system_error
  // if the file cannot be written; the rounds before that are then in it.
  [[nodiscard]] RunOutcome measure(const RunIdentity& identity, const OpenOutput& open_output,
                                   const ShowRounds& show, ConnectionSource* fresh = nullptr);
  // Likewise with a peer that acks by messages: settings.framing is Framing::WebSocket. `show` may
  // tell it something.
  [[nodiscard]] RunOutcome measure(const RunIdentity& identity, const OpenOutput& open_output,
                                   const ShowRounds& show, WebSocketPeer& peer);

 private:
  struct Swept;

  void begin();
  template <class Peer>
  bool discover_path(Peer& peer, std::vector<Sample>& samples);
  template <class Peer>
  void read_path(const Peer& peer);
  template <class Peer>
  Swept sweep(Peer& peer, const RunIdentity& identity, const OpenOutput& open_output,
              const ShowRounds& show);
  PingStatus learn_resent_acks(Swept& swept, ConnectionSource* fresh);
  RunOutcome finish(Swept swept, const RunIdentity& identity, ConnectionSource* fresh);

  TcpConnection& peer_;
  const RunSettings& settings_;
  const HostFacts& host_;
  std::optional<Sample> opening_;
  ConnectionFacts facts_;
  SweepPlan plan_;
  std::uint64_t unlisted_pings_ = 0;  // of discover_path(), without a row
};

}  // namespace tcpstep
