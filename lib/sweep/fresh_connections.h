// Runs that use a new connection for each ping.
#pragma once

#include <exception>
#include <optional>
#include <span>

#include "lib/base/sample.h"
#include "lib/net/tcp_connection.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/run_settings.h"

namespace tcpstep {

// Where the connections come from.
class ConnectionSource {
 public:
  ConnectionSource() = default;
  ConnectionSource(const ConnectionSource&) = delete;
  ConnectionSource& operator=(const ConnectionSource&) = delete;
  virtual ~ConnectionSource() = default;

  // The next one, on which nothing is in flight; `connection` stays empty if the status is not Ok.
  virtual PingStatus next(std::optional<TcpConnection>& connection) = 0;

  // After the last ping: closes those that still come, until the other end has noticed that there
  // are no more pings, and has sent something on the run's first connection; or for `limit`.
  virtual void close_others(Duration /*limit*/) {}
};

// One connection for each ping: made and given its options before the timed part.
class FreshPeer {
 public:
  FreshPeer(ConnectionSource& source, const RunSettings& settings, const ConnectionFacts& facts)
      : source_(source), settings_(settings), facts_(facts) {}

  [[nodiscard]] PingStatus stay_idle(Duration pause) noexcept {
    connection_.reset();
    try {
      const PingStatus status = source_.next(connection_);
      if (status != PingStatus::Ok) {
        return status;
      }
      connection_->set_io_timeout(settings_.wait_limit());
      connection_->set_wait(settings_.scheduling.wait);
      static_cast<void>(set_congestion_control(connection_->fd(), facts_.path.congestion_control));
      static_cast<void>(connection_->set_busy_poll(settings_.busy_poll));
      static_cast<void>(connection_->set_timestamps(facts_.timestamps));
    } catch (const std::exception&) {
      return PingStatus::Failed;
    }
    Sample before_the_ping;
    connection_->explain(before_the_ping, Duration(0));
    return connection_->stay_idle(pause);
  }

  [[nodiscard]] PingStatus send_all(std::span<const std::byte> payload) noexcept {
    return connection_->send_all(payload);
  }
  [[nodiscard]] PingStatus receive_ack() noexcept { return connection_->receive_ack(); }
  void explain(Sample& sample, Duration sent_at) noexcept {
    if (connection_) {
      connection_->explain(sample, sent_at);
    }
  }
  [[nodiscard]] std::optional<PathInfo> path_info() const {
    return connection_ ? std::optional(connection_->path_info()) : std::nullopt;
  }

 private:
  ConnectionSource& source_;
  const RunSettings& settings_;
  const ConnectionFacts& facts_;
  std::optional<TcpConnection> connection_;
};

}  // namespace tcpstep
