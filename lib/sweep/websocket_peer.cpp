#include "lib/sweep/websocket_peer.h"

#include <chrono>
#include <exception>

#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/net/tcp_info.h"

namespace tcpstep {
namespace {

using Kind = WebSocketDecoder::Kind;

constexpr int kKernelPings = 8;
constexpr std::size_t kLargestPongs = 4096;  // a peer that does not wait for them gets no more

std::optional<std::uint32_t> min_rtt_us(const TcpConnection& connection) {
  return TcpInfo(connection.fd()).get(&tcp_info::tcpi_min_rtt);
}

}  // namespace

PingStatus WebSocketPeer::stay_idle(Duration pause) noexcept {
  PingStatus status = fault_ == PingStatus::Ok ? connection_.stay_idle(pause) : fault_;
  if (status != PingStatus::Protocol && pongs_.empty()) [[likely]] {
    return status;
  }
  try {
    if (status == PingStatus::Protocol &&
        fault_ == PingStatus::Ok) {  // something has come: a ping, or what should not be
      status = fault_ = take_what_came();
    }
    if (status == PingStatus::Ok && !pongs_.empty()) {
      status = connection_.send_all(bytes_of(pongs_));
      pongs_.clear();
      Sample not_counted;
      connection_.explain(not_counted, Duration(0));
    }
  } catch (const std::exception&) {  // of the decoder: a violation
    status = fault_ = PingStatus::Protocol;
  }
  return status;
}

// Takes messages other than acks. Throws ProtocolError.
PingStatus WebSocketPeer::take_what_came() {
  std::array<std::byte, 512> buffer;
  while (const auto received = connection_.receive_now(buffer)) {
    if (received->status != PingStatus::Ok) {
      return received->status;
    }
    decoder_.add(std::span(buffer).first(received->bytes));
    if (const PingStatus status = take_controls(); status != PingStatus::Ok) {
      return status;
    }
  }
  return PingStatus::Ok;
}

// Of what is in the decoder.
PingStatus WebSocketPeer::take_controls() {
  while (const auto message = decoder_.next()) {
    if (const PingStatus status = take_control(*message); status != PingStatus::Ok) {
      return status;
    }
  }
  is_in_step_ = decoder_.is_empty();
  return PingStatus::Ok;
}

PingStatus WebSocketPeer::take_control(const WebSocketDecoder::Message& message) {
  switch (message.kind) {
    case Kind::Ping:
      pongs_ += pong_message(message.content);
      return pongs_.size() <= kLargestPongs ? PingStatus::Ok : PingStatus::Protocol;
    case Kind::Pong:
      return PingStatus::Ok;
    case Kind::Close:
      static_cast<void>(connection_.send_now(close_message(CloseCode::Normal)));
      return PingStatus::Closed;
    default:
      return PingStatus::Protocol;
  }
}

PingStatus WebSocketPeer::take_ack_in_parts(std::span<const std::byte> received) noexcept {
  try {
    std::array<std::byte, 16> buffer;
    for (;;) {
      decoder_.add(received);
      while (const auto message = decoder_.next()) {
        if (message->kind == Kind::Binary && message->content.size() == 1) {
          return take_controls();
        }
        if (const PingStatus status = take_control(*message); status != PingStatus::Ok) {
          return status;
        }
      }
      const TcpConnection::Received more = connection_.receive_some(buffer);
      if (more.status != PingStatus::Ok) {
        return more.status;
      }
      received = std::span(buffer).first(more.bytes);
    }
  } catch (const std::exception&) {
    return PingStatus::Protocol;
  }
}

PingStatus WebSocketPeer::settle() noexcept {
  constexpr std::string_view kMark = "tcpstep";
  try {
    PingStatus status = stay_idle(Duration::zero());
    if (status == PingStatus::Ok) {
      status = connection_.send_all(bytes_of(ping_message(kMark)));
    }
    std::array<std::byte, 512> buffer;
    while (status == PingStatus::Ok) {
      const TcpConnection::Received received = connection_.receive_some(buffer);
      if (received.status != PingStatus::Ok) {
        return received.status;
      }
      decoder_.add(std::span(buffer).first(received.bytes));
      while (const auto message = decoder_.next()) {
        if (message->kind == Kind::Pong && message->content == kMark) {
          return PingStatus::Ok;
        }
        status = take_control(*message);
        if (status != PingStatus::Ok) {
          return status;
        }
      }
    }
    return status;
  } catch (const std::exception&) {
    return PingStatus::Protocol;
  }
}

PingStatus WebSocketPeer::tell(std::string_view text) noexcept {
  try {
    PingStatus status = stay_idle(Duration::zero());
    if (status == PingStatus::Ok) {
      status = connection_.send_all(bytes_of(text_message(text)));
    }
    if (status == PingStatus::Ok) {
      status = receive_ack();
    }
    Sample not_counted;
    connection_.explain(not_counted, Duration(0));
    if (status != PingStatus::Ok) {
      fault_ = status;  // of the next ping, if the caller does not look at it
    }
    return status;
  } catch (const std::exception&) {
    return PingStatus::Failed;
  }
}

// Unsolicited pongs, which a peer must not answer (RFC 6455, section 5.5.3). Two at a time: TCP
// acknowledges every second segment at once, and a single one perhaps later.
std::optional<Duration> WebSocketPeer::kernel_rtt(Duration limit) {
  for (int i = 0; i < kKernelPings; ++i) {
    for (int segment = 0; segment < 2; ++segment) {
      if (connection_.send_all(bytes_of(pong_message({}))) != PingStatus::Ok) {
        return std::nullopt;
      }
    }
    if (!connection_.wait_until_acknowledged(limit)) {
      return std::nullopt;
    }
  }
  Sample not_counted;
  connection_.explain(not_counted, Duration(0));
  const auto us = min_rtt_us(connection_);
  return us && *us > 0 && *us != ~std::uint32_t{0}
             ? std::optional<Duration>(std::chrono::microseconds(*us))
             : std::nullopt;
}

void WebSocketPeer::say_and_close(std::string_view text, Duration patience) noexcept {
  try {
    const DespiteStop despite;
    const std::string bytes = text_message(text) + close_message(CloseCode::Normal);
    if (connection_.send_all(bytes_of(bytes)) == PingStatus::Ok) {
      static_cast<void>(connection_.finish(patience));
    }
  } catch (const std::exception&) {  // out of memory: the peer sees the end of the connection
  }
}

}  // namespace tcpstep
