#include "lib/sweep/frame_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/stop_request.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr std::size_t kPart = std::size_t{64} * 1024;

}  // namespace

FrameStream::FrameStream(TcpConnection& connection, Session* session, std::string_view received)
    : connection_(connection), session_(session) {
  frames_.add(bytes_of(received));
}

PingStatus FrameStream::send(const Message& message) {
  const std::string json = encode(message);
  std::string frames = encode_frame(json);
  if (session_ != nullptr) {
    frames += frame_of(Authentication{.nonce = {}, .mac = session_->prove(json)});
  }
  return connection_.send_all(bytes_of(frames));
}

// The next message that is complete, with its proof. Throws ProtocolError.
std::optional<Message> FrameStream::take_message() {
  while (const auto json = frames_.next()) {
    if (session_ == nullptr) {
      return decode(*json);
    }
    if (!unproven_) {
      unproven_ = json;
      continue;
    }
    const Message proof = decode(*json);
    const auto* authentication = std::get_if<Authentication>(&proof);
    if (authentication == nullptr || !session_->accepts(authentication->mac, *unproven_)) {
      throw ProtocolError("a message failed authentication");
    }
    return decode(*std::exchange(unproven_, std::nullopt));
  }
  return std::nullopt;
}

PingStatus FrameStream::fill(std::string& buffer) {
  buffer.resize(kPart);
  const auto received = connection_.receive_some(std::as_writable_bytes(std::span(buffer)));
  buffer.resize(received.bytes);
  return received.status;
}

FrameStream::Received FrameStream::receive(Duration limit) {
  const auto deadline = Clock::now() + limit;
  std::string part;
  for (;;) {
    try {
      if (auto message = take_message()) {
        return {.status = PingStatus::Ok, .message = std::move(message)};
      }
    } catch (const ProtocolError& error) {
      fault_ = error.what();
      return {.status = PingStatus::Protocol, .message = std::nullopt};
    }
    if (Clock::now() >= deadline) {
      return {.status = PingStatus::Timeout, .message = std::nullopt};
    }
    if (const PingStatus status = fill(part); status != PingStatus::Ok) {
      return {.status = status, .message = std::nullopt};
    }
    frames_.add(bytes_of(part));
  }
}

PingStatus FrameStream::receive_file(std::string& bytes, const Result& result,
                                     Clock::time_point deadline) {
  const std::uint64_t count = result.bytes;
  bytes = frames_.take_rest();
  std::string part;
  while (bytes.size() < count) {
    if (requested_stop() != 0) {
      return PingStatus::Interrupted;
    }
    if (Clock::now() >= deadline) {
      return PingStatus::Timeout;
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
  if (hash_of(bytes) != result.hash) {
    fault_ = "the result is not the one that was announced";
    return PingStatus::Protocol;
  }
  return PingStatus::Ok;
}

}  // namespace tcpstep
