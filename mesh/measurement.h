// One measurement: a server on one host, a client on the other, the result file here.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/units.h"
#include "lib/protocol/sweep_spec.h"
#include "mesh/hosts.h"
#include "mesh/launch.h"

namespace tcpstep {

struct MeasurementSettings {
  std::vector<std::string> sweep;  // options of the client: "--sizes=1,boundaries"
  MeasuredDirection direction = MeasuredDirection::Down;
  std::uint16_t port = 0;    // of the server
  Duration deadline{0};      // of the whole measurement
  Duration start_within{0};  // until a launched program shows that it runs

  bool operator==(const MeasurementSettings&) const = default;
};

// Which host did not do its part, and why. `was_launched`: its program ran, at least.
struct Failure {
  std::string reason;  // one line, safe to print: "n3: ssh: connect to host n3: No route to host"
  std::optional<std::string> unreachable;  // the host on which nothing could be started
};

// Measures with payloads from one host to the other: the one that sends runs the server, or with
// MeasuredDirection::Up the client. `file` is new; it gets what the server printed, a complete run
// of this link. No more than a second or two after the deadline nothing of it is left here; on the
// hosts nothing is later than the deadline (lib/host/lease.h). Empty if it worked.
[[nodiscard]] std::optional<Failure> measure(const Launcher& launcher, const MeshHost& from,
                                             const MeshHost& to,
                                             const MeasurementSettings& settings,
                                             const std::filesystem::path& file);

// Whether both programs of this version can be started on a host. Empty if they can.
[[nodiscard]] std::optional<Failure> probe(const Launcher& launcher, const MeshHost& host,
                                           Duration within);

}  // namespace tcpstep
