// Sole owner of a file descriptor.
#pragma once

#include <utility>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace tcpstep {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  [[nodiscard]] int get() const { return fd_; }

 private:
#ifdef _WIN32
  static void close(int fd) noexcept;  // in lib/net: there, all descriptors are sockets
#else
  static void close(int fd) noexcept {
    ::close(fd);
  }
#endif

  int fd_ = -1;
};

}  // namespace tcpstep
