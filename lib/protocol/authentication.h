// Who may ask for a run: a secret that both ends share proves a request, and never crosses the
// wire.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace tcpstep {

// A key made of a shared secret. Wiped when it dies.
class Secret {
 public:
  static constexpr std::size_t kShortest = 16;  // bytes of the text

  // Throws WorldError if `text` is shorter than kShortest.
  explicit Secret(std::string_view text);
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

  // Keyed hash (libsodium's crypto_auth, HMAC-SHA-512-256) of the server's nonce and the JSON of a
  // request, in hexadecimal.
  [[nodiscard]] std::string mac_of(std::string_view nonce, std::string_view request) const;

  // Compares in constant time. False for anything but the whole right MAC.
  [[nodiscard]] bool proves(std::string_view mac, std::string_view nonce,
                            std::string_view request) const;

 private:
  std::array<unsigned char, 32> key_{};
};

// The first line of `file`. Throws WorldError if others may read the file (its mode has any bit of
// 077).
[[nodiscard]] Secret read_secret(const std::filesystem::path& file);

// Random bytes in hexadecimal, two digits each: nonces and tokens.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// Compares two texts of the same length in constant time.
[[nodiscard]] bool is_same_token(std::string_view a, std::string_view b);

}  // namespace tcpstep
