#include "lib/net/kernel_timestamps.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <thread>

namespace tcpstep {
namespace {

constexpr Duration kClockStep = std::chrono::microseconds(2);  // more than the error of a reading
// The kernel starts to timestamp arrivals in the background (net_enable_timestamp), a little after
// the request; earlier pings would have no parts.
constexpr Duration kSwitchingOn = std::chrono::milliseconds(20);
constexpr unsigned kOptIdTcp = 1U << 16U;  // SOF_TIMESTAMPING_OPT_ID_TCP, since Linux 6.2

// Room for the stamps and the error report of one message.
struct Control {
  alignas(cmsghdr) std::array<char, 512> bytes;
};

Duration to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

Duration read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return to_duration(time);
}

// CLOCK_REALTIME minus CLOCK_MONOTONIC. Both are slewed alike, so it changes only when the clock is
// set. The narrowest of a few attempts, since any of them may be interrupted.
Duration read_clock_offset() {
  Duration narrowest = Duration::max();
  Duration offset{0};
  for (int attempt = 0; attempt < 3 && narrowest > std::chrono::nanoseconds(200); ++attempt) {
    const Duration before = read_clock(CLOCK_MONOTONIC);
    const Duration real = read_clock(CLOCK_REALTIME);
    const Duration after = read_clock(CLOCK_MONOTONIC);
    if (after - before < narrowest) {
      narrowest = after - before;
      offset = real - before - narrowest / 2;
    }
  }
  return offset;
}

// Calls `use` with level, type and data of every control message.
template <class Use>
void for_each_control(msghdr& message, Use use) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    use(control->cmsg_level, control->cmsg_type, CMSG_DATA(control));
  }
}

// The stamp of the wanted source, or nothing if that source gave none.
std::optional<Duration> stamp_in(const unsigned char* data, TimestampSource source) {
  scm_timestamping stamps{};
  std::memcpy(&stamps, data, sizeof stamps);
  const auto& stamp = stamps.ts[source == TimestampSource::Hardware ? 2 : 0];
  timespec time{};
  std::memcpy(&time, &stamp, sizeof time);
  return time.tv_sec == 0 && time.tv_nsec == 0 ? std::nullopt : std::optional(to_duration(time));
}

bool is_error_report(int level, int type) {
  return (level == IPPROTO_IP && type == IP_RECVERR) ||
         (level == IPPROTO_IPV6 && type == IPV6_RECVERR);
}

bool ask_for(const Fd& fd, unsigned flags) {
  return ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
}

}  // namespace

TimestampSource KernelTimestamps::enable(const Fd& fd, TimestampSource wanted,
                                         TcpAckStamps tcp_acks) {
  if (wanted == TimestampSource::Off) {
    return source_;
  }
  const unsigned flags =
      wanted == TimestampSource::Hardware
          ? SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
                SOF_TIMESTAMPING_RAW_HARDWARE
          : SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  // TCP ACKs are stamped by the kernel's clock only.
  const bool has_tcp_acks = tcp_acks == TcpAckStamps::On && wanted == TimestampSource::Software;
  const unsigned options = SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY |
                           (has_tcp_acks ? unsigned{SOF_TIMESTAMPING_TX_ACK} : 0U);
  if (ask_for(fd, flags | options | kOptIdTcp) || ask_for(fd, flags | options)) {
    source_ = wanted;
    bytes_sent_ = 0;
    std::this_thread::sleep_for(kSwitchingOn);
    clock_offset_ = read_clock_offset();
  }
  return source_;
}

void KernelTimestamps::note_received(msghdr& message) {
  received_at_.reset();
  for_each_control(message, [this](int level, int type, const unsigned char* data) {
    if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) {
      received_at_ = stamp_in(data, source_);
    }
  });
}

// A payload's stamp carries the offset of its last byte. Records of earlier pings are passed over:
// a reader that took whatever comes next would drift behind.
KernelTimestamps::LastByte KernelTimestamps::stamps_of_last_byte(const Fd& fd) {
  LastByte last;
  for (;;) {
    Control control;
    msghdr message{};
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    if (::recvmsg(fd.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      return last;
    }
    std::optional<Duration> stamp;
    std::uint32_t id = 0;
    std::uint32_t event = 0;
    for_each_control(message, [&](int level, int type, const unsigned char* data) {
      if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) {
        stamp = stamp_in(data, source_);
      } else if (is_error_report(level, type)) {
        sock_extended_err report{};
        std::memcpy(&report, data, sizeof report);
        id = report.ee_data;
        event = report.ee_info;
      }
    });
    auto& known = event == SCM_TSTAMP_ACK ? last.acknowledged_at : last.departed_at;
    if (stamp && id == bytes_sent_ - 1 && !known) {  // the first: not that of a retransmission
      known = stamp;
    }
  }
}

KernelTimestamps::Explained KernelTimestamps::explain(const Fd& fd, Duration sent_at,
                                                      Duration rtt) {
  const auto [departed_at, acknowledged_at] = stamps_of_last_byte(fd);
  const std::optional<Duration> arrived_at = received_at_;
  received_at_.reset();
  const Duration offset = read_clock_offset();
  const Duration step = offset - clock_offset_.value_or(offset);
  clock_offset_ = offset;
  if (!departed_at || !arrived_at || step > kClockStep || step < -kClockStep) {
    return {};
  }
  const Duration kernel_rtt = *arrived_at - *departed_at;
  if (source_ == TimestampSource::Hardware) {
    return kernel_rtt > Duration::zero() && kernel_rtt <= rtt
               ? Explained{.send_stack = {}, .kernel_rtt = kernel_rtt, .tcp_ack = {}}
               : Explained{};
  }
  const Duration send_stack = *departed_at - offset - sent_at;
  const bool is_consistent = send_stack >= Duration::zero() && kernel_rtt > Duration::zero() &&
                             send_stack + kernel_rtt <= rtt;
  if (!is_consistent) {
    return {};
  }
  const bool has_tcp_ack = acknowledged_at && *acknowledged_at > *departed_at;
  return {.send_stack = send_stack,
          .kernel_rtt = kernel_rtt,
          .tcp_ack = has_tcp_ack ? std::optional(*acknowledged_at - *departed_at) : std::nullopt};
}

}  // namespace tcpstep
