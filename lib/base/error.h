// The three kinds of failure: an invalid request, a failure outside the program, a bug (assert).
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tcpstep {

// The request cannot be carried out as written: exit status 2.
// `what()` says what, which value and why; `hint()` says what to do, or is empty.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& what, std::string hint = {})
      : std::runtime_error(what), hint_(std::move(hint)) {}
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

// A valid request that failed for a reason outside the program: exit status 1. Has a hint, too.
class WorldError : public std::runtime_error {
 public:
  explicit WorldError(const std::string& what, std::string hint = {})
      : std::runtime_error(what), hint_(std::move(hint)) {}
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

// Throws std::system_error: "<attempted>: <text of error_number>".
[[noreturn]] inline void throw_system_error(int error_number, const std::string& attempted) {
  throw std::system_error(error_number, std::system_category(), attempted);
}

// Returns the result of a system call, or throws with errno and what was attempted.
// The text is made only on failure: check_syscall(::close(fd), "close {}", path).
template <class Result, class... Args>
Result check_syscall(Result result, fmt::format_string<Args...> attempted, Args&&... args) {
  if (result < 0) {
    const int error_number = errno;
    throw_system_error(error_number, fmt::format(attempted, std::forward<Args>(args)...));
  }
  return result;
}

}  // namespace tcpstep
