#include "lib/sweep/frame_stream.h"

#include <algorithm>
#include <chrono>

#include "lib/base/process.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kPart = std::size_t{64} * 1024;

}  // namespace

FrameStream::FrameStream(TcpConnection& connection, std::string_view received)
    : connection_(connection) {
  frames_.add(bytes_of(received));
}

PingStatus FrameStream::send(const Message& message) {
  return connection_.send_all(bytes_of(frame_of(message)));
}

PingStatus FrameStream::fill(std::string& buffer) {
  buffer.resize(kPart);
  const auto received = connection_.receive_some(std::as_writable_bytes(std::span(buffer)));
  buffer.resize(received.bytes);
  return received.status;
}

FrameStream::Received FrameStream::receive(Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string part;
  for (;;) {
    try {
      if (const auto json = frames_.next()) {
        return {.status = PingStatus::Ok, .message = decode(*json)};
      }
    } catch (const ProtocolError& error) {
      fault_ = error.what();
      return {.status = PingStatus::Protocol, .message = std::nullopt};
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return {.status = PingStatus::Timeout, .message = std::nullopt};
    }
    if (const PingStatus status = fill(part); status != PingStatus::Ok) {
      return {.status = status, .message = std::nullopt};
    }
    frames_.add(bytes_of(part));
  }
}

PingStatus FrameStream::receive_bytes(std::string& bytes, std::uint64_t count) {
  bytes = frames_.take_rest();
  std::string part;
  while (bytes.size() < count) {
    if (requested_stop() != 0) {
      return PingStatus::Interrupted;
    }
    if (const PingStatus status = fill(part); status != PingStatus::Ok) {
      return status;
    }
    bytes += part;
  }
  if (bytes.size() > count) {
    frames_.add(bytes_of(std::string_view(bytes).substr(count)));
    bytes.resize(count);
  }
  return PingStatus::Ok;
}

}  // namespace tcpstep
