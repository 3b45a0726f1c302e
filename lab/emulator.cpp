#include "lab/emulator.h"

#include <fmt/format.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "lib/base/error.h"
#include "lib/cli/stop_signals.h"
#include "lib/net/waiting.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostInFlight = 20'000;  // packets in one direction
constexpr unsigned char kIpv4 = 0x40;

// Timers wake a process 50 to 100 us late; with a second processor the last 200 us are spun.
Duration spin_for_this_machine() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  return ::sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 1
             ? Duration(200us)
             : Duration::zero();
}

// As punctual as this process is allowed to be; only the reported error depends on it.
void ask_for_punctuality() {
  ::prctl(PR_SET_TIMERSLACK, 1);
  const sched_param priority{.sched_priority = 1};
  ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
}

// A TCP segment in an IPv4 packet.
struct Segment {
  std::uint32_t payload_bytes;
  std::uint32_t sequence;
};

std::optional<Segment> parse_segment(std::span<const std::byte> packet) {
  iphdr ip{};
  tcphdr tcp{};
  std::memcpy(&ip, packet.data(), std::min(sizeof ip, packet.size()));
  const std::size_t start = ip.ihl * std::size_t{4};
  if (ip.protocol != IPPROTO_TCP || packet.size() < start + sizeof tcp) {
    return std::nullopt;
  }
  std::memcpy(&tcp, packet.data() + start, sizeof tcp);
  const std::size_t headers = start + tcp.doff * std::size_t{4};
  if (packet.size() < headers) {
    return std::nullopt;
  }
  return Segment{.payload_bytes = static_cast<std::uint32_t>(packet.size() - headers),
                 .sequence = ntohl(tcp.seq)};
}

// Ends after `nanoseconds` instructions: exactly then where an instruction takes one.
void spin(std::uint64_t nanoseconds) {
#ifdef __x86_64__
  std::uint64_t pairs = nanoseconds / 2 + 1;
  asm volatile(
      "test $1, %1\n\t"
      "jz 1f\n\t"
      "nop\n"
      "1: dec %0\n\t"
      "jnz 1b"
      : "+r"(pairs)
      : "r"(nanoseconds)
      : "cc");
#else
  for (volatile std::uint64_t left = nanoseconds; left > 0; left = left - 1) {
  }
#endif
}

}  // namespace

PacketLog::PacketLog(const std::filesystem::path& path)
    : file_(std::fopen(path.c_str(), "wxe")), name_(path) {
  if (!file_) {
    throw_system_error(errno, "create " + name_);
  }
  std::setvbuf(file_.get(), nullptr, _IOFBF, std::size_t{1} << 20U);
  fmt::print(file_.get(), "direction,bytes,in_ns,due_ns,out_ns\n");
}

void PacketLog::write(Direction direction, std::size_t bytes, Duration in,
                      std::optional<Duration> due, std::optional<Duration> out) {
  if (!file_) {
    return;
  }
  const auto text = [](std::optional<Duration> time) {
    return time ? fmt::format("{}", time->count()) : std::string();
  };
  fmt::print(file_.get(), "{},{},{},{},{}\n", direction == Direction::Down ? "down" : "up", bytes,
             in.count(), text(due), text(out));
}

void PacketLog::close() {
  if (file_ && std::fclose(file_.release()) != 0) {
    throw_system_error(errno, "write " + name_);
  }
}

Emulator::Emulator(std::array<PacketPort, 2>& ports, const Profile& profile, std::uint64_t seed,
                   PacketLog& log)
    : ports_(ports),
      profile_(profile),
      seed_(seed),
      link_(profile, seed),
      log_(log),
      started_(std::chrono::steady_clock::now()),
      spin_(spin_for_this_machine()),
      timer_(check_syscall(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                           "timerfd_create")),
      buffer_(kLargestPacket) {}

void Emulator::follow_sweep(Duration grid, std::function<void()> on_ack) {
  phase_ = Phase::BeforeFrame;
  grid_ = grid;
  on_ack_ = std::move(on_ack);
}

void Emulator::run(const Child& child) {
  ask_for_punctuality();
  while (!is_ended_) {
    // Both directions in turn, one packet each: a burst must not hold up what is due.
    bool is_busy = false;
    for (const Direction direction : {Direction::Down, Direction::Up}) {
      is_busy |= deliver(direction);
      is_busy |= take(direction);
    }
    if (!is_busy) {
      wait(child);
    }
  }
}

Duration Emulator::now() const {
  return std::chrono::steady_clock::now() - started_;
}

bool Emulator::take(Direction direction) {
  const auto index = static_cast<std::size_t>(direction);
  const Duration looked = now();
  const auto [packet, waited] = ports_[index].read(buffer_);
  if (packet.empty()) {
    arrived_[index] = looked;
    return false;
  }
  if ((std::to_integer<unsigned char>(packet[0]) & 0xF0U) != kIpv4) {
    return true;  // IPv6 neighbours looking for each other: not part of the experiment
  }
  // From when the host sent it, not from when it was noticed.
  const Duration read = now();
  Duration in = std::clamp(read - waited, arrived_[index], read);
  arrived_[index] = in;
  if (phase_ != Phase::NotFollowed) {
    in = watch_for_sweep(direction, packet, in);
  }
  const auto due = link_.send(direction, std::max(Duration::zero(), in - link_started_),
                              static_cast<std::uint32_t>(packet.size()));
  if (due && in_flight_[index].size() < kMostInFlight) {
    in_flight_[index].push_back({.in = in,
                                 .due = link_started_ + *due,
                                 .bytes = std::vector<std::byte>(packet.begin(), packet.end())});
  } else {
    ++lost_;
    log_.write(direction, packet.size(), in, std::nullopt, std::nullopt);
  }
  return true;
}

bool Emulator::deliver(Direction direction) {
  const auto index = static_cast<std::size_t>(direction);
  auto& queue = in_flight_[index];
  if (queue.empty() || queue.front().due > now()) {
    return false;
  }
  const Packet packet = std::move(queue.front());
  queue.pop_front();
  ports_[1 - index].write(packet.bytes);
  const Duration out = now();
  error_.add(out - packet.due);
  log_.write(direction, packet.bytes.size(), packet.in, packet.due, out);
  if (phase_ != Phase::NotFollowed) {
    record(direction, packet, out);
  }
  return true;
}

Duration Emulator::watch_for_sweep(Direction direction, std::span<const std::byte> packet,
                                   Duration in) {
  const auto segment = parse_segment(packet);
  if (!segment || segment->payload_bytes == 0 || phase_ == Phase::InSweep) {
    return in;
  }
  if (direction == Direction::Up && segment->payload_bytes == 1) {
    if (phase_ == Phase::Restarted) {
      phase_ = Phase::InSweep;  // an ack: frames that follow end the sweep
    }
  } else if (direction == Direction::Up && segment->payload_bytes > 1) {
    const bool is_new =
        !last_frame_ || static_cast<std::int32_t>(segment->sequence - *last_frame_) > 0;
    if (is_new) {  // else TCP sends it once more
      last_frame_ = segment->sequence;
      phase_ = Phase::AfterFrame;
    }
  } else if (direction == Direction::Down && phase_ == Phase::AfterFrame) {
    phase_ = Phase::Restarted;
    return restart_link(in);
  }
  return in;
}

// What was sent before neither moves the link's random draws nor its grid, nor does it hold
// anything up. What is in flight arrives now.
Duration Emulator::restart_link(Duration in) {
  if (grid_ > Duration::zero()) {
    in = wait_for_grid();
  }
  link_ = LinkModel(profile_, seed_);
  link_started_ = in;
  for (auto& queue : in_flight_) {
    for (Packet& packet : queue) {
      packet.due = std::min(packet.due, in);
    }
  }
  error_ = {};
  lost_ = 0;
  return in;
}

// Until shortly after the next multiple of the grid. In virtual time the machine then is in the
// same state to the nanosecond, whenever it began: the kernel's tick, on each multiple, falls into
// the spinning, and the timer of the processor, which counts in steps of 16 ns, is set anew after
// it.
Duration Emulator::wait_for_grid() {
  const auto since_boot = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const auto sleep_until = [](Duration time) {
    const timespec wake = to_timespec(time);
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr);
  };
  const Duration tick = ((since_boot() + 2ms) / grid_ + 1) * grid_;
  sleep_until(tick - 1ms);
  const Duration left = tick + 1ms - since_boot();
  spin(static_cast<std::uint64_t>(std::max(Duration::zero(), left).count()));
  sleep_until(tick + 2ms);
  return tick + 2ms - started_.time_since_epoch();
}

void Emulator::record(Direction direction, const Packet& packet, Duration out) {
  if (const auto segment = parse_segment(packet.bytes)) {
    records_.push_back({.direction = direction,
                        .payload_bytes = segment->payload_bytes,
                        .sequence = segment->sequence,
                        .in = packet.in,
                        .due = packet.due,
                        .out = out});
    if (direction == Direction::Up && segment->payload_bytes > 0) {
      on_ack_();
    }
  }
}

std::optional<Duration> Emulator::next_due() const {
  std::optional<Duration> next;
  for (const auto& queue : in_flight_) {
    if (!queue.empty()) {
      next = std::min(next.value_or(Duration::max()), queue.front().due);
    }
  }
  return next;
}

// Sleeps until a packet arrives, one is nearly due or the child has ended.
void Emulator::wait(const Child& child) {
  const auto due = next_due();
  if (due) {
    const Duration wake = *due - spin_;
    if (wake <= now()) {
      return;
    }
    const itimerspec at{.it_interval = {},
                        .it_value = to_timespec(started_.time_since_epoch() + wake)};
    check_syscall(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr),
                  "timerfd_settime");
  }
  std::array<pollfd, 4> events{};
  events[0] = {.fd = child.ended().get(), .events = POLLIN, .revents = 0};
  events[1] = {.fd = ports_[0].fd().get(), .events = POLLIN, .revents = 0};
  events[2] = {.fd = ports_[1].fd().get(), .events = POLLIN, .revents = 0};
  events[3] = {.fd = due ? timer_.get() : -1, .events = POLLIN, .revents = 0};
  if (::ppoll(events.data(), events.size(), nullptr, nullptr) < 0 && errno != EINTR) {
    throw_system_error(errno, "ppoll");
  }
  is_ended_ = (events[0].revents & POLLIN) != 0;
  if (StopSignals::received() != 0 && !is_stop_passed_on_) {
    is_stop_passed_on_ = true;
    child.signal(StopSignals::received());
  }
}

}  // namespace tcpstep
