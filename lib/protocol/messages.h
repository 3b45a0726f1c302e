// What the two ends say to each other in frames (docs/protocol.md). Encoding and decoding are pure;
// decoding refuses whatever is not as described, and ignores keys that it does not know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/units.h"
#include "lib/protocol/frame.h"

namespace tcpstep {

inline constexpr std::uint64_t kProtocolVersion = 1;

enum class MeasuredDirection : std::uint8_t {
  Down,  // the server sends payloads and times them
  Up,    // the client does
};
enum class ConnectionMode : std::uint8_t {
  Warm,   // one connection for all pings
  Fresh,  // a new one for each
};
[[nodiscard]] std::string_view to_word(MeasuredDirection direction);
[[nodiscard]] std::string_view to_word(ConnectionMode mode);

// Facts about a host, by name: "os", "cpu", ... Names are [a-z0-9_]{1,32}.
using Environment = std::map<std::string, std::string>;

// What a server permits one run.
struct RunLimits {
  std::uint64_t bytes = 0;  // of payload
  std::uint64_t pings = 0;
  std::uint64_t seconds = 0;
};

// Server: I speak frames.
struct Hello {
  std::uint64_t protocol = kProtocolVersion;
  std::string tool;
  std::string nonce;  // 64 hexadecimal digits, another one on each connection
  bool wants_authentication = false;
  RunLimits limits;
};

// Client: please measure. What is empty is left to the server.
struct Request {
  std::string tool;
  std::string link;
  std::string label;
  std::string sizes;  // as --sizes
  std::optional<std::uint64_t> rounds;
  std::optional<std::uint64_t> warmup_rounds;
  std::string order;  // "ascending", "shuffled"
  std::optional<std::uint64_t> seed;
  std::optional<Duration> interval;
  MeasuredDirection direction = MeasuredDirection::Down;
  ConnectionMode connection = ConnectionMode::Warm;
  bool wants_result = false;  // the file's bytes at the end
  Environment environment;
};

// Client: this connection belongs to that run, for one ping.
struct Join {
  std::string token;
};

// Client, behind a Request or Join if the server wants it.
struct Authentication {
  std::string mac;  // hexadecimal
};

// Server: so many clients are before you.
struct Queued {
  std::uint64_t ahead = 0;
};

// Server: it is your turn, and this is what will be done.
struct Accept {
  std::string run_id;
  std::string token;  // for Join
  std::string link;
  std::string label;
  std::string sizes;
  std::uint64_t rounds = 0;
  std::uint64_t warmup_rounds = 0;
  std::string order;
  std::uint64_t seed = 0;
  Duration interval{0};
  Duration timeout{0};  // of a ping
  std::string fill;     // "random", "zero"
  MeasuredDirection direction = MeasuredDirection::Down;
  ConnectionMode connection = ConnectionMode::Warm;
  std::uint64_t pings = 0;  // of the sweep, if the server measures
  std::uint64_t concurrent_runs = 1;
  bool is_anonymous = false;  // no addresses and host names in the file
  Environment environment;
};

// Client: go.
struct Ready {};

// The end that measured: so the run ended, and so many bytes of result file follow this frame.
struct Result {
  std::string status;
  std::uint64_t bytes = 0;
};

// Server: the result of an upward run is on disk.
struct Stored {};

// Server: no, and why.
struct Refuse {
  std::string reason;
  std::string hint;
};

using Message = std::variant<Hello, Request, Join, Authentication, Queued, Accept, Ready, Result,
                             Stored, Refuse>;

// The JSON of a message, for encode_frame().
[[nodiscard]] std::string encode(const Message& message);

// Throws ProtocolError that names the key and what is wrong with it: no JSON, the same key twice,
// deep nesting, a wrong type, a value out of its range, another protocol number.
[[nodiscard]] Message decode(std::string_view json);

// The message of a frame that was encoded at once.
[[nodiscard]] inline std::string frame_of(const Message& message) {
  return encode_frame(encode(message));
}

}  // namespace tcpstep
