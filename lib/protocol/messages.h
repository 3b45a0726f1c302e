// The messages that the two ends send each other in frames (docs/protocol.md). Encoding and
// decoding are pure; decoding rejects everything that is not as described, and ignores unknown
// keys.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/sample.h"
#include "lib/base/units.h"
#include "lib/protocol/frame.h"
#include "lib/protocol/sweep_spec.h"

namespace tcpstep {

inline constexpr std::uint64_t kProtocolVersion = 1;

// Facts about a host, by name: "os", "cpu", ... Names are [a-z0-9_]{1,32}.
using Environment = std::map<std::string, std::string>;

// What a server permits one run.
struct RunLimits {
  std::uint64_t bytes = 0;  // of payload
  std::uint64_t pings = 0;
  std::uint64_t seconds = 0;
};

// Server: the first frame of a connection.
struct Hello {
  std::string tool;
  std::string nonce;  // 64 hexadecimal digits, new on each connection
  bool wants_authentication = false;
  RunLimits limits;
};

// Client: please measure.
struct Request {
  std::string tool;
  PartialSweep sweep;
  bool wants_result = false;          // the file's bytes at the end
  bool has_peer_retransmits = false;  // Finished and ResentAcks are known here
  Environment environment;
  std::string server_addr;  // as the client's socket knows them
  std::string client_addr;
};

// Client: this connection belongs to that run, for one ping.
struct Join {
  std::string token;
};

// With a secret. Client, after its Request or Join: its own nonce, and the proof that it knows the
// secret. Server: the same proof in return. Both, after each later message of that connection: the
// proof that it is theirs.
struct Authentication {
  std::string nonce;  // 64 hexadecimal digits, in the first one of a client
  std::string mac;    // hexadecimal
};

// Server: how many clients are ahead, and about how long their runs take.
struct Queued {
  std::uint64_t ahead = 0;
  std::optional<std::uint64_t> seconds = std::nullopt;
};

// Server: it is your turn, and this is what will be measured.
struct Accept {
  std::string run_id;
  std::string token;  // for Join
  SweepSpec sweep;
  std::uint64_t pings = 0;  // of the sweep, if the server measures
  std::uint64_t concurrent_runs = 1;
  bool is_anonymous = false;          // no addresses and host names in the file
  bool has_peer_retransmits = false;  // Finished and ResentAcks come after the last ping
  Environment environment;
  std::string started_utc;  // by the server's clock
  std::string server_addr;  // as the server's socket knows them; empty if it is anonymous
  std::string client_addr;
};

// Client: start. Server: the same on a fresh connection of an upward run.
struct Ready {};

// The end that measured: the last ping was acked.
struct Finished {};

// The other end: which of its acks it had to send again. The last of these has no more behind it.
struct ResentAcks {
  std::uint64_t pings = 0;      // it has acked since Ready
  std::vector<ResentAck> acks;  // by ascending ping, at most kMostResentAcks
  bool has_more = false;
};
inline constexpr std::size_t kMostResentAcks = 2000;  // fit into one frame
inline constexpr std::uint32_t kMostResends =
    255;  // of one ack: the most that net.ipv4.tcp_retries2 takes

// The end that measured: how the run ended, and how many bytes of result file follow this frame.
struct Result {
  std::string status;
  std::uint64_t bytes = 0;
  std::string hash;       // of these bytes, 64 hexadecimal digits
  std::string file = {};  // its name at the server, if that has measured and keeps it
};

// Server: the result of an upward run is on disk.
struct Stored {
  std::string file;  // its name
};

// Server: no, and why.
struct Refuse {
  std::string reason;
  std::string hint;
};

using Message = std::variant<Hello, Request, Join, Authentication, Queued, Accept, Ready, Finished,
                             ResentAcks, Result, Stored, Refuse>;

// The JSON of a message, for encode_frame().
[[nodiscard]] std::string encode(const Message& message);

// Throws ProtocolError that names the key and what is wrong with it: invalid JSON, a duplicate key,
// deep nesting, a wrong type, a value out of range, another protocol number.
[[nodiscard]] Message decode(std::string_view json);

// A message as one frame.
[[nodiscard]] inline std::string frame_of(const Message& message) {
  return encode_frame(encode(message));
}

}  // namespace tcpstep
