#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "lib/base/error.h"
#include "lib/base/fd.h"
#include "lib/protocol/authentication.h"

namespace tcpstep {
namespace {

// Waits for nobody who would have to write to a pipe.
Fd open_secret(const std::filesystem::path& file) {
  const std::string name = file.string();
  Fd fd(check_syscall(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), "open the secret {}",
                      name));
  struct stat facts {};
  check_syscall(::fstat(fd.get(), &facts), "open the secret {}", name);
  if (!S_ISREG(facts.st_mode)) {
    throw WorldError(fmt::format("the secret {} is not a regular file", name));
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    throw WorldError(
        fmt::format("the secret {} belongs to another user", name),
        fmt::format("That user can read it: chown it to yourself, or make a new one. {}",
                    kSecretRecipe));
  }
  if ((facts.st_mode & 077U) != 0) {
    throw WorldError(
        fmt::format("others may read the secret {} (mode {:03o})", name, facts.st_mode & 0777U),
        fmt::format("Keep it to yourself: chmod 600 {}", name));
  }
  return fd;
}

}  // namespace

Secret read_secret(const std::filesystem::path& file) {
  const Fd fd = open_secret(file);
  std::array<char, 4096> buffer{};
  const ssize_t bytes = check_syscall(::read(fd.get(), buffer.data(), buffer.size()),
                                      "read the secret {}", file.string());
  const std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  Secret secret(line);
  ::sodium_memzero(buffer.data(), buffer.size());
  return secret;
}

}  // namespace tcpstep
