// The classic protocol (docs/protocol.md): payloads that end in a sentinel, acks of one byte.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tcpstep {

inline constexpr std::uint16_t kDefaultPort = 19901;
inline constexpr std::uint16_t kDefaultWebPort = 19902;  // by convention: off unless asked for

inline constexpr std::byte kSentinel{'1'};  // last byte of every payload, and nowhere else in it
inline constexpr std::byte kAck{'1'};       // what tcpstep-client sends; a server accepts any byte

}  // namespace tcpstep
