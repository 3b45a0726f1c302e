// What Linux knows about a connection, apart from what carries the pings.
#include "lib/net/tcp_info.h"

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <string>

#include "lib/net/tcp_connection.h"

namespace tcpstep {
namespace {

template <class Number>
std::optional<Duration> microseconds_in(const std::optional<Number>& count) {
  return count ? std::optional<Duration>(std::chrono::microseconds(*count)) : std::nullopt;
}

std::string option_names(std::uint8_t options) {
  std::string names;
  const auto add = [&](std::uint8_t bit, const char* name) {
    if ((options & bit) != 0) {
      names += names.empty() ? name : std::string(" ") + name;
    }
  };
  add(TCPI_OPT_TIMESTAMPS, "timestamps");
  add(TCPI_OPT_SACK, "sack");
  add(TCPI_OPT_WSCALE, "wscale");
  add(TCPI_OPT_ECN, "ecn");
  return names.empty() ? "none" : names;
}

}  // namespace

std::optional<bool> is_doubtful(Duration rtt, const AckEvidence& before, const AckEvidence& after) {
  // TCP_RTO_MIN of Linux, 200 ms, less what the kernel's ticks hide.
  constexpr Duration kShortestTimer = std::chrono::milliseconds(190);
  if (rtt < kShortestTimer) {
    return false;
  }
  if (!before.busy || !after.busy || !before.expected_rtt || !before.deviation) {
    return std::nullopt;
  }
  // Either the peer had acknowledged the payload long before, or an RTT of a steady path was longer
  // than usual by that timer: 4 deviations are the most that RFC 6298 expects.
  const bool is_late = rtt - (*after.busy - *before.busy) >= kShortestTimer;
  const bool is_outlier =
      rtt - *before.expected_rtt >= kShortestTimer && 4 * *before.deviation < kShortestTimer;
  return is_late || is_outlier;
}

TcpInfo::TcpInfo(const Fd& fd) : length_(sizeof info_) {
  if (::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info_, &length_) != 0) {
    length_ = 0;
  }
}

void TcpConnection::explain(Sample& sample, Duration sent_at) noexcept {
  const TcpInfo info(fd_);
  PingEvidence& evidence = sample.evidence;
  const Counters now{.segments = info.get(&tcp_info::tcpi_data_segs_out),
                     .retransmits = info.get(&tcp_info::tcpi_total_retrans),
                     .delivered = info.get(&tcp_info::tcpi_delivered),
                     .ack = {.busy = microseconds_in(info.get(&tcp_info::tcpi_busy_time)),
                             .expected_rtt = microseconds_in(info.get(&tcp_info::tcpi_rtt)),
                             .deviation = microseconds_in(info.get(&tcp_info::tcpi_rttvar))}};
  // The segment of an ack acknowledges, for TCP, all of the payload that its sender has received.
  const bool is_underway = info.get(&tcp_info::tcpi_unacked).value_or(0) > 0 ||
                           info.get(&tcp_info::tcpi_notsent_bytes).value_or(0) > 0;
  if (sample.status == PingStatus::Ok && is_underway) {
    sample.status = PingStatus::Protocol;
  }
  evidence.segments = growth(last_.segments, now.segments);
  evidence.retransmits = growth(last_.retransmits, now.retransmits);
  evidence.delivered = growth(last_.delivered, now.delivered);
  if (sample.status == PingStatus::Ok && evidence.retransmits == 0U) {
    evidence.doubtful = is_doubtful(sample.rtt, last_.ack, now.ack);
  }
  last_ = now;
  evidence.cwnd_segments = info.get(&tcp_info::tcpi_snd_cwnd);
  evidence.srtt_us = info.get(&tcp_info::tcpi_rtt);
  evidence.min_rtt_us = info.get(&tcp_info::tcpi_min_rtt);
  if (timestamps_.is_enabled()) [[unlikely]] {
    const auto explained = timestamps_.explain(fd_, sent_at, sample.rtt);
    evidence.kernel_rtt = explained.kernel_rtt;
    evidence.send_stack = explained.send_stack;
    evidence.tcp_ack = explained.tcp_ack;
  }
}

std::optional<std::uint32_t> TcpConnection::retransmits() const noexcept {
  return TcpInfo(fd_).get(&tcp_info::tcpi_total_retrans);
}

MssRange TcpConnection::peer_mss() const {
  constexpr std::uint32_t kSmallest = 48;     // of Linux (TCP_MIN_SND_MSS)
  constexpr std::uint32_t kFirstGuess = 536;  // of the kernel, before a segment has arrived
  const TcpInfo info(fd_);
  MssRange range{.least = kSmallest};
  range.most = info.get(&tcp_info::tcpi_advmss).value_or(range.most);
  const std::uint32_t received = info.get(&tcp_info::tcpi_rcv_mss).value_or(0);
  const int own = read_option(fd_, IPPROTO_TCP, TCP_MAXSEG);
  if (received > kFirstGuess && own > 0) {
    // Half of it: over loopback the kernel's own changes, with the peer's window.
    range.least = std::min(received, static_cast<std::uint32_t>(own)) / 2;
  }
  return range;
}

PathInfo TcpConnection::path_info() const {
  const TcpInfo info(fd_);
  PathInfo path;
  if (const int mss = read_option(fd_, IPPROTO_TCP, TCP_MAXSEG); mss > 0) {
    path.mss = Mss(static_cast<std::uint32_t>(mss));
  }
  path.path_mtu = info.get(&tcp_info::tcpi_pmtu);
  path.cwnd_segments = info.get(&tcp_info::tcpi_snd_cwnd);
  if (const auto rtt = info.get(&tcp_info::tcpi_rtt)) {
    path.smoothed_rtt = std::chrono::microseconds(*rtt);
  }
  path.total_retransmits = info.get(&tcp_info::tcpi_total_retrans);
  if (const auto options = info.get(&tcp_info::tcpi_options)) {
    path.tcp_options = option_names(*options);
  }
  std::array<char, 32> name{};
  socklen_t length = name.size() - 1;
  if (::getsockopt(fd_.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &length) == 0) {
    path.congestion_control = name.data();
  }
  path.is_nodelay = read_option(fd_, IPPROTO_TCP, TCP_NODELAY) > 0;
  return path;
}

}  // namespace tcpstep
