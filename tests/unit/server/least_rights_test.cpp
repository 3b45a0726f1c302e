#include "server/least_rights.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/process.h"

namespace tcpstep {
namespace {

// What `body` returns in a process without rights.
int confined(const TemporaryFolder& folder, const std::function<int()>& body) {
  return Child::fork([&] {
           drop_rights({.folder = folder.path()});
           return body();
         })
      .wait();
}

std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) {
      return line.substr(key.size() + 2);
    }
  }
  return {};
}

bool has_landlock() {
  return ::syscall(444, nullptr, 0, 1) > 0;  // landlock_create_ruleset: which version
}

TEST(LeastRightsTest, LeaveNoCapabilities) {
  const TemporaryFolder folder;
  EXPECT_EQ(confined(folder,
                     [] {
                       return status_line("NoNewPrivs") == "1" &&
                                      status_line("CapEff") == "0000000000000000" &&
                                      status_line("CapPrm") == "0000000000000000" &&
                                      status_line("CapInh") == "0000000000000000"
                                  ? 0
                                  : 1;
                     }),
            0);
}

TEST(LeastRightsTest, LeaveTheFolderAndTheFactsOfTheKernel) {
  const TemporaryFolder folder;
  EXPECT_EQ(confined(folder,
                     [&] {
                       std::ofstream(folder.path() / "run.csv") << "x";
                       return read_file(folder.path() / "run.csv") == "x" &&
                                      !read_file("/proc/self/stat").empty()
                                  ? 0
                                  : 1;
                     }),
            0);
}

TEST(LeastRightsTest, LeaveNoOtherFilesAndNoNewConnections) {
  if (!has_landlock()) {
    GTEST_SKIP() << "this kernel has no Landlock";
  }
  const TemporaryFolder folder;
  const TemporaryFolder other;
  const auto secret = other.path() / "secret";
  std::ofstream(secret) << "x";
  EXPECT_EQ(confined(folder,
                     [&] {
                       const auto is_denied = [](int fd) {
                         const Fd closed(fd);
                         return fd < 0 && errno == EACCES;
                       };
                       const auto fresh = other.path() / "new";
                       return is_denied(::open(secret.c_str(), O_RDONLY)) &&
                                      is_denied(::open(secret.c_str(), O_WRONLY)) &&
                                      is_denied(::open(fresh.c_str(), O_WRONLY | O_CREAT, 0600)) &&
                                      ::execl("/bin/true", "true", nullptr) < 0 && errno == EACCES
                                  ? 0
                                  : 1;
                     }),
            0);
}

}  // namespace
}  // namespace tcpstep
