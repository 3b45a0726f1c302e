// What a run is about: what to measure, how this end goes about it, and which run it is.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/host/scheduling.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/frame.h"
#include "lib/protocol/messages.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

// When to ask for kernel timestamps. They cost about 1 µs a ping: Auto takes them where that is
// below 1 % of the RTT.
enum class TimestampMode : std::uint8_t { Auto, Off, Software, Hardware };
template <>
inline constexpr auto kNamesOf<TimestampMode> =
    std::to_array<Word<TimestampMode>>({{"auto", TimestampMode::Auto},
                                        {"off", TimestampMode::Off},
                                        {"software", TimestampMode::Software},
                                        {"hardware", TimestampMode::Hardware}});

struct RunSettings {
  SweepSpec sweep;
  // Of the run, as the server permits: a run that ends early after it ends with kLimit.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string congestion_control;
  TimestampMode timestamps = TimestampMode::Auto;
  Scheduling scheduling;
  std::chrono::microseconds busy_poll{0};
  bool is_anonymous = false;          // no addresses and host names in the file
  bool has_peer_retransmits = false;  // both ends of a negotiated run know Finished and ResentAcks
  Duration longest_wait = Duration::max();  // this end's own, whatever the other end wants
  Framing framing = Framing::None;
  bool ends_when_settled = false;  // with fewer rounds than the sweep's, if those change nothing
  Session* session = nullptr;  // proves the messages of a run with a secret; it outlives the run

  // Of each wait for the other end.
  [[nodiscard]] Duration wait_limit() const { return std::min(sweep.timeout, longest_wait); }
};

// The addresses of a connection, as the socket of one end knows them.
struct EndAddresses {
  std::string server;
  std::string client;
};

// How the two ends talk (docs/protocol.md).
enum class Protocol : std::uint8_t { Classic, Negotiated, WebSocket };
template <>
inline constexpr auto kNamesOf<Protocol> =
    std::to_array<Word<Protocol>>({{"classic", Protocol::Classic},
                                   {"negotiated", Protocol::Negotiated},
                                   {"websocket", Protocol::WebSocket}});

// What a run with a browser has besides.
struct BrowserFacts {
  std::string user_agent;  // as it claims
  bool is_browser = true;  // as it claims
  // The fastest acknowledgment of its host's kernel, which a browser has no part in; nothing if it
  // is not known. What the fastest ping takes longer is what the browser adds.
  std::optional<Duration> kernel_rtt;
};

// Which run it is.
struct RunIdentity {
  std::string run_id;
  Protocol protocol = Protocol::Classic;
  std::uint64_t concurrent_runs = 1;  // that the server allows
  Environment peer;                   // facts about the host at the other end
  std::string started_utc;            // by the server's clock, when it accepts
  EndAddresses seen_by_server;        // empty if it is anonymous
  EndAddresses seen_by_client;        // empty if it is classic
  std::optional<BrowserFacts> browser = std::nullopt;
};

// A version 4 UUID (RFC 9562, section 5.4).
[[nodiscard]] std::string make_run_id();

[[nodiscard]] std::uint64_t random_seed();

// The trailer's status of a run that ended with `status`.
[[nodiscard]] std::string_view end_of_run(PingStatus status, const RunSettings& settings);

}  // namespace tcpstep
