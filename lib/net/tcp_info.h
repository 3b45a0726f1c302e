// What the kernel's TCP knows about a connection (TCP_INFO of tcp(7)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/base/fd.h"
#include "lib/net/sockets.h"  // struct tcp_info in full

namespace tcpstep {

// A snapshot, as far as this kernel fills it: older ones give less, emulators may give nonsense.
class TcpInfo {
 public:
  explicit TcpInfo(const Fd& fd);
  // Another source of the same bytes, of which the first `length` were filled.
  TcpInfo(const tcp_info& info, socklen_t length) : info_(info), length_(length) {}

  // The field, or empty if the kernel's data ends before it.
  template <class Field>
  [[nodiscard]] std::optional<Field> get(Field tcp_info::*field) const {
    const auto* begin = reinterpret_cast<const std::byte*>(&info_);
    const auto* end = reinterpret_cast<const std::byte*>(&(info_.*field)) + sizeof(Field);
    if (end - begin > static_cast<std::ptrdiff_t>(length_)) {
      return std::nullopt;
    }
    return info_.*field;
  }

 private:
  tcp_info info_;  // not set to zero: the kernel writes what counts
  socklen_t length_;
};

// The counters of two snapshots: how much one has grown; nothing unless both have it.
[[nodiscard]] inline std::optional<std::uint32_t> growth(const std::optional<std::uint32_t>& before,
                                                         const std::optional<std::uint32_t>& now) {
  return before && now ? std::optional(*now - *before) : std::nullopt;
}

}  // namespace tcpstep
