// Work that several threads share.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tcpstep {

// Calls work(0) … work(count - 1), in this thread and in up to `threads` - 1 others. After an
// exception it begins no more of them, and throws the first one here.
template <class Work>
void side_by_side(std::size_t threads, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        first = first ? first : std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < std::min(threads, count)) {
      helpers.emplace_back(take);
    }
    take();
  }
  if (first) {
    std::rethrow_exception(first);
  }
}

}  // namespace tcpstep
