// Authentication by a secret that both ends share: who may request a run, and where messages come
// from. The secret never crosses the wire.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tcpstep {

// A key made of a shared secret. Wiped when it dies.
class Secret {
 public:
  static constexpr std::size_t kShortest = 16;  // bytes of the text
  static constexpr std::size_t kLongest = 1024;

  // Stretches `text` (Argon2id, crypto_pwhash): takes 64 MiB and a tenth of a second, and so does
  // each guess. Throws WorldError if the text is shorter than kShortest, longer than kLongest, or
  // little but repetition.
  explicit Secret(std::string_view text);
  // Of a coordinator that draws one for each run: 64 hexadecimal digits are the key itself, which
  // nobody can guess. Any other text is stretched.
  [[nodiscard]] static Secret drawn(std::string_view text);
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

 private:
  friend class Session;
  using Key = std::array<unsigned char, 32>;

  explicit Secret(const Key& key) : key_(key) {}
  Key key_{};
};

// What to do about a secret that is refused.
inline constexpr const char* kSecretRecipe = "Make one: head -c 24 /dev/urandom | base64";

// The first line of `file`. Throws WorldError unless it is a regular file, of this user or of
// root, that nobody else may read (its mode has no bit of 077).
[[nodiscard]] Secret read_secret(const std::filesystem::path& file);

enum class Role : std::uint8_t { Client, Server };

// What a shared secret proves on one connection. Both ends derive the same two keys, one for each
// end, from the secret and from what was said so far: it holds a nonce of either end, so that
// nothing of it proves anything on another connection, or from the other end.
class Session {
 public:
  // `hello` and `asked` are the JSON of the server's hello, and of the client's request or join.
  Session(const Secret& secret, Role own, std::string_view hello, std::string_view asked,
          std::string_view client_nonce);
  Session(const Session&) = default;
  Session& operator=(const Session&) = default;
  ~Session();

  // The MAC of the next message of this end (libsodium's crypto_auth, HMAC-SHA-512-256), in
  // hexadecimal. The first is that of an empty one: that this end knows the secret.
  [[nodiscard]] std::string prove(std::string_view message = {});
  // Whether `mac` is that of the next message of the other end. Compares in constant time. False
  // for anything but the whole right MAC.
  [[nodiscard]] bool accepts(std::string_view mac, std::string_view message = {});

 private:
  using Key = std::array<unsigned char, 32>;
  Key own_key_{};
  Key other_key_{};
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

// The hash of a result file (BLAKE2b, crypto_generichash), 64 hexadecimal digits.
[[nodiscard]] std::string hash_of(std::string_view bytes);

// Random bytes in hexadecimal, two digits each: nonces and tokens.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// Compares two texts of the same length in constant time.
[[nodiscard]] bool is_same_token(std::string_view a, std::string_view b);

}  // namespace tcpstep
