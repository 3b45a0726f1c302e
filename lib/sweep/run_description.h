// The header of a result file: where and how a run was measured.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/warning_table.h"
#include "lib/host/doctor.h"
#include "lib/net/interface_info.h"
#include "lib/net/tcp_connection.h"
#include "lib/runfile/run_header.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// Facts of one connection, read back after its options were set.
struct ConnectionFacts {
  PathInfo path;
  InterfaceInfo interface;
  TimestampSource timestamps = TimestampSource::Off;
  std::chrono::microseconds busy_poll{0};
  std::vector<std::string> warnings;  // their keys; the facts for their texts are in the header
  std::vector<Warning> causes;        // why, if the header does not have the facts
};

// "2026-11-22T16:41:59.254708Z"
[[nodiscard]] std::string utc_now();

// The addresses of a connection as this end knows them.
[[nodiscard]] EndAddresses addresses_of(const TcpConnection& connection, Role own);

// What one end sends the other about its host.
[[nodiscard]] Environment environment_of(const HostFacts& host, bool is_anonymous);

// The header of a run that this end measures with `peer`: `sizes` are those of its sweep.
[[nodiscard]] RunHeader describe_run(const TcpConnection& peer, const RunSettings& settings,
                                     const RunIdentity& identity,
                                     std::span<const PayloadSize> sizes, const HostFacts& host,
                                     const ConnectionFacts& connection);

// The header of a run that the other end measures, as far as this end, on `host`, knows it: the
// facts that a result has to agree with, and the header if none comes.
[[nodiscard]] RunHeader describe_lost_run(const RunSettings& settings, const RunIdentity& identity,
                                          const HostFacts& host);

// Of a run that broke off: the end that measured has the samples.
void add_place_of_samples(RunHeader& header);

}  // namespace tcpstep
