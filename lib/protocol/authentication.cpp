#include "lib/protocol/authentication.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "lib/base/error.h"

namespace tcpstep {
namespace {

static_assert(crypto_auth_KEYBYTES == 32);

void start_sodium() {
  if (::sodium_init() < 0) {
    throw WorldError("libsodium cannot start", "Is there a source of random numbers?");
  }
}

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  std::string text(2 * count + 1, '\0');
  ::sodium_bin2hex(text.data(), text.size(), bytes, count);
  text.pop_back();
  return text;
}

std::vector<unsigned char> join(std::string_view nonce, std::string_view request) {
  std::vector<unsigned char> message(nonce.begin(), nonce.end());
  message.insert(message.end(), request.begin(), request.end());
  return message;
}

}  // namespace

Secret::Secret(std::string_view text) {
  start_sodium();
  if (text.size() < kShortest) {
    throw WorldError(
        fmt::format("the secret has {} bytes; at least {} are required", text.size(), kShortest),
        "Make one: head -c 24 /dev/urandom | base64");
  }
  ::crypto_generichash(key_.data(), key_.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr,
                       0);
}

Secret::~Secret() {
  ::sodium_memzero(key_.data(), key_.size());
}

std::string Secret::mac_of(std::string_view nonce, std::string_view request) const {
  const auto message = join(nonce, request);
  std::array<unsigned char, crypto_auth_BYTES> mac{};
  ::crypto_auth(mac.data(), message.data(), message.size(), key_.data());
  return to_hex(mac.data(), mac.size());
}

bool Secret::proves(std::string_view mac, std::string_view nonce, std::string_view request) const {
  std::array<unsigned char, crypto_auth_BYTES> bytes{};
  std::size_t length = 0;
  const char* end = nullptr;
  // sodium_hex2bin stops at the first character that is not a digit, before the end.
  if (mac.size() != 2 * bytes.size() ||
      ::sodium_hex2bin(bytes.data(), bytes.size(), mac.data(), mac.size(), nullptr, &length,
                       &end) != 0 ||
      length != bytes.size() || end != mac.data() + mac.size()) {
    return false;
  }
  const auto message = join(nonce, request);
  return ::crypto_auth_verify(bytes.data(), message.data(), message.size(), key_.data()) == 0;
}

Secret read_secret(const std::filesystem::path& file) {
  const int fd = check_syscall(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open the secret {}",
                               file.string());
  struct stat facts {};
  std::array<char, 4096> buffer{};
  const bool is_known = ::fstat(fd, &facts) == 0;
  const ssize_t bytes = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  if (is_known && (facts.st_mode & 077U) != 0) {
    ::sodium_memzero(buffer.data(), buffer.size());
    throw WorldError(fmt::format("others may read the secret {} (mode {:03o})", file.string(),
                                 facts.st_mode & 0777U),
                     fmt::format("Keep it to yourself: chmod 600 {}", file.string()));
  }
  if (bytes < 0) {
    throw WorldError(fmt::format("cannot read the secret {}", file.string()));
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  Secret secret(line);
  ::sodium_memzero(buffer.data(), buffer.size());
  return secret;
}

std::string random_hex(std::size_t bytes) {
  start_sodium();
  std::vector<unsigned char> random(bytes);
  ::randombytes_buf(random.data(), random.size());
  return to_hex(random.data(), random.size());
}

bool is_same_token(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tcpstep
