#include "lib/protocol/authentication.h"

#include <fmt/format.h>
#include <sodium.h>

#include <set>
#include <vector>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

static_assert(crypto_auth_KEYBYTES == 32);

using Bytes = std::vector<unsigned char>;

constexpr std::size_t kFewestCharacters = 8;  // different ones

// Both ends have to come to the same key without a message before, so that this is no secret of a
// server. What it is for: a table of guesses made for another program is useless here.
constexpr std::array<unsigned char, crypto_pwhash_SALTBYTES> kSalt{
    't', 'c', 'p', 's', 't', 'e', 'p', '-', 's', 'e', 'c', 'r', 'e', 't', '/', '1'};

void start_sodium() {
  if (::sodium_init() < 0) {
    throw WorldError("libsodium cannot start", "Is there a source of random numbers?");
  }
}

const unsigned char* data_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  std::string text(2 * count + 1, '\0');
  ::sodium_bin2hex(text.data(), text.size(), bytes, count);
  text.pop_back();
  return text;
}

void append_number(Bytes& bytes, std::uint64_t number) {
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    bytes.push_back(static_cast<unsigned char>(number >> (shift - 8)));
  }
}

// With its length, so that no two lists of texts look the same.
void append_text(Bytes& bytes, std::string_view text) {
  append_number(bytes, text.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
}

Bytes numbered(std::uint64_t number, std::string_view message) {
  Bytes bytes;
  append_number(bytes, number);
  bytes.insert(bytes.end(), message.begin(), message.end());
  return bytes;
}

}  // namespace

Secret::Secret(std::string_view text) {
  start_sodium();
  if (text.size() < kShortest || text.size() > kLongest) {
    throw WorldError(fmt::format("the secret has {} bytes; {} to {} are required", text.size(),
                                 kShortest, kLongest),
                     kSecretRecipe);
  }
  if (std::set<char>(text.begin(), text.end()).size() < kFewestCharacters) {
    throw WorldError(
        fmt::format("the secret has fewer than {} different characters", kFewestCharacters),
        kSecretRecipe);
  }
  if (::crypto_pwhash(key_.data(), key_.size(), text.data(), text.size(), kSalt.data(),
                      crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw WorldError(fmt::format("not enough memory for the secret: it takes {} MiB",
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE >> 20U));
  }
}

Secret Secret::drawn(std::string_view text) {
  start_sodium();
  Key key{};
  std::size_t bytes = 0;
  const char* end = nullptr;
  if (text.size() != 2 * key.size() ||
      ::sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &bytes, &end) !=
          0 ||
      bytes != key.size()) {
    return Secret(text);
  }
  const Secret secret(key);
  ::sodium_memzero(key.data(), key.size());
  return secret;
}

Secret::~Secret() {
  ::sodium_memzero(key_.data(), key_.size());
}

Session::Session(const Secret& secret, Role own, std::string_view hello, std::string_view asked,
                 std::string_view client_nonce) {
  for (const Role role : {Role::Client, Role::Server}) {
    Bytes said;
    append_text(said, role == Role::Client ? "client" : "server");
    append_text(said, hello);
    append_text(said, asked);
    append_text(said, client_nonce);
    Key& key = role == own ? own_key_ : other_key_;
    ::crypto_generichash(key.data(), key.size(), said.data(), said.size(), secret.key_.data(),
                         secret.key_.size());
  }
}

Session::~Session() {
  ::sodium_memzero(own_key_.data(), own_key_.size());
  ::sodium_memzero(other_key_.data(), other_key_.size());
}

std::string Session::prove(std::string_view message) {
  const Bytes bytes = numbered(sent_++, message);
  std::array<unsigned char, crypto_auth_BYTES> mac{};
  ::crypto_auth(mac.data(), bytes.data(), bytes.size(), own_key_.data());
  return to_hex(mac.data(), mac.size());
}

bool Session::accepts(std::string_view mac, std::string_view message) {
  std::array<unsigned char, crypto_auth_BYTES> given{};
  std::size_t length = 0;
  const char* end = nullptr;
  // sodium_hex2bin stops at the first character that is not a digit, before the end.
  if (mac.size() != 2 * given.size() ||
      ::sodium_hex2bin(given.data(), given.size(), mac.data(), mac.size(), nullptr, &length,
                       &end) != 0 ||
      length != given.size() || end != mac.data() + mac.size()) {
    return false;
  }
  const Bytes bytes = numbered(received_++, message);
  return ::crypto_auth_verify(given.data(), bytes.data(), bytes.size(), other_key_.data()) == 0;
}

std::string hash_of(std::string_view bytes) {
  start_sodium();
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  ::crypto_generichash(hash.data(), hash.size(), data_of(bytes), bytes.size(), nullptr, 0);
  return to_hex(hash.data(), hash.size());
}

std::string random_hex(std::size_t bytes) {
  start_sodium();
  Bytes random(bytes);
  ::randombytes_buf(random.data(), random.size());
  return to_hex(random.data(), random.size());
}

bool is_same_token(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tcpstep
