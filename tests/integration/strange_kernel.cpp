// Preloaded into a program: makes the kernel behave as some kernels, containers and clocks do.
// $STRANGE_KERNEL lists what to change, separated by spaces.
#include <dlfcn.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace {

bool is_strange(const char* fault) {
  static const std::string faults = [] {
    const char* text = std::getenv("STRANGE_KERNEL");
    return " " + std::string(text == nullptr ? "" : text) + " ";
  }();
  return faults.find(" " + std::string(fault) + " ") != std::string::npos;
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// How far the clock has been set forward by now: an hour every 200 readings of it.
long clock_jumps = 0;
int clock_readings = 0;

// A clock that is set takes the kernel's stamps with it.
void shift_stamps(msghdr* message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(message); control != nullptr;
       control = CMSG_NXTHDR(message, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPING) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
      stamp.tv_sec += clock_jumps * 3600;
      std::memcpy(CMSG_DATA(control), &stamp, sizeof stamp);
    }
  }
}

// Set forward by an hour, then back by two, forward by three, ... at each reading.
long restless_shift() {
  static long readings = 0;
  ++readings;
  return 3600 * (readings % 2 == 0 ? -readings : readings);
}

int refuse(int error) {
  errno = error;
  return -1;
}

}  // namespace

extern "C" int getsockopt(int fd, int level, int option, void* value, socklen_t* length) {
  static const auto original = real<int (*)(int, int, int, void*, socklen_t*)>("getsockopt");
  if (level == IPPROTO_TCP && option == TCP_INFO) {
    if (is_strange("no_tcp_info")) {
      return refuse(ENOPROTOOPT);
    }
    if (is_strange("short_tcp_info")) {  // up to tcpi_total_retrans, as in Linux 2.6
      *length = 104;
    } else if (is_strange("rubbish_tcp_info")) {  // as under an emulator of system calls
      std::memset(value, 0x5A, *length);
      *length = 4;
      return 0;
    }
  }
  if (level == IPPROTO_TCP && option == TCP_MAXSEG && is_strange("no_mss")) {
    return refuse(ENOPROTOOPT);
  }
  if (level == IPPROTO_TCP && option == TCP_CONGESTION && is_strange("no_congestion")) {
    return refuse(ENOPROTOOPT);
  }
  return original(fd, level, option, value, length);
}

extern "C" int setsockopt(int fd, int level, int option, const void* value, socklen_t length) {
  static const auto original = real<int (*)(int, int, int, const void*, socklen_t)>("setsockopt");
  if (level == SOL_SOCKET && option == SO_TIMESTAMPING) {
    unsigned flags = 0;
    std::memcpy(&flags, value, sizeof flags);
    const bool is_new = (flags & (1U << 16U)) != 0;  // SOF_TIMESTAMPING_OPT_ID_TCP
    if (is_strange("no_timestamps") || (is_new && is_strange("old_timestamps"))) {
      return refuse(EINVAL);
    }
  }
  if (level == IPPROTO_TCP && option == TCP_CONGESTION && is_strange("no_congestion")) {
    return refuse(ENOPROTOOPT);
  }
  if (level == SOL_SOCKET && option == SO_BUSY_POLL && is_strange("no_busy_poll")) {
    return refuse(EPERM);
  }
  return original(fd, level, option, value, length);
}

extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto original = real<ssize_t (*)(int, msghdr*, int)>("recvmsg");
  const bool is_departure = (flags & MSG_ERRQUEUE) != 0;
  if (is_departure && is_strange("no_departure_stamps")) {
    return refuse(EAGAIN);
  }
  const ssize_t bytes = original(fd, message, flags);
  if (!is_departure && is_strange("no_arrival_stamps")) {
    message->msg_controllen = 0;
  }
  if (bytes >= 0 && is_strange("jumping_clock")) {
    shift_stamps(message);
  }
  return bytes;
}

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  static const auto original = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = original(clock, time);
  if (clock == CLOCK_REALTIME && is_strange("jumping_clock")) {
    clock_jumps = ++clock_readings / 200;
    time->tv_sec += clock_jumps * 3600;
  }
  if (clock == CLOCK_REALTIME && is_strange("restless_clock")) {
    time->tv_sec += restless_shift();
  }
  return result;
}

extern "C" time_t time(time_t* where) {
  static const auto original = real<time_t (*)(time_t*)>("time");
  const time_t shown = original(nullptr) + (is_strange("restless_clock") ? restless_shift() : 0);
  if (where != nullptr) {
    *where = shown;
  }
  return shown;
}

extern "C" int clock_getres(clockid_t clock, timespec* resolution) {
  static const auto original = real<int (*)(clockid_t, timespec*)>("clock_getres");
  const int result = original(clock, resolution);
  if (is_strange("coarse_clock")) {
    resolution->tv_nsec = 4'000'000;
  }
  return result;
}
