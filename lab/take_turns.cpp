// Preloaded into qemu: its main loop continues only while the machine's processor waits.
//
// In virtual time (icount, sleep=off) the main loop skips idle time. If it looks in the moment
// between a halt and the counting of the instructions before it, it skips some nanoseconds too
// many, and the run is no longer the same run. That moment is over when the processor's thread
// waits on its condition variable; so after each sleep the main loop waits for that, for at most 50
// ms.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>

namespace {

std::atomic<bool> is_running = false;  // the processor's thread, outside of its condition variable

bool is_processors_thread() {
  thread_local const bool is_processors = [] {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    return std::strstr(name.data(), "/TCG") != nullptr;
  }();
  return is_processors;
}

void wait_for_processor() {
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000};
  for (int i = 0; i < 2'500 && is_running; ++i) {
    i < 100 ? ::sched_yield() : ::nanosleep(&kPause, nullptr);  // it mostly waits soon
  }
}

using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*);

Wait find_wait() {
  void* found = ::dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");  // not the one of 2.2.5
  return reinterpret_cast<Wait>(found != nullptr ? found : ::dlsym(RTLD_NEXT, "pthread_cond_wait"));
}

}  // namespace

// The names of the parameters are ours, not glibc's.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static const Wait original = find_wait();
  if (!is_processors_thread()) {
    return original(condition, mutex);
  }
  is_running = false;
  const int result = original(condition, mutex);
  is_running = true;
  return result;
}

extern "C" int ppoll(pollfd* events, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  timespec left = timeout != nullptr ? *timeout : timespec{};
  const auto result = static_cast<int>(::syscall(
      SYS_ppoll, events, count, timeout != nullptr ? &left : nullptr, mask, sizeof(std::uint64_t)));
  if (::getpid() == ::gettid()) {
    wait_for_processor();
  }
  return result;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
