#include "mesh/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPlace = "{host}";
constexpr std::chrono::milliseconds kTimeToEnd = 2s;
constexpr std::size_t kKeptMessages = 8192;
constexpr std::size_t kLongestComplaint = 200;

std::string with_host(std::string command, const std::string& name) {
  for (std::size_t at = 0; (at = command.find(kPlace, at)) != std::string::npos;) {
    command.replace(at, kPlace.size(), name);
    at += name.size();
  }
  return command;
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  int ends[2];
  check_syscall(::pipe2(ends, O_CLOEXEC), "make a pipe");
  return {.read = Fd(ends[0]), .write = Fd(ends[1])};
}

void make_nonblocking(const Fd& fd) {
  check_syscall(::fcntl(fd.get(), F_SETFL, O_NONBLOCK), "set a pipe");
}

}  // namespace

Launcher::Launcher(std::string command, std::string folder)
    : command_(std::move(command)), folder_(std::move(folder)) {
  if (command_.find(kPlace) == std::string::npos) {
    throw UsageError(fmt::format("--launch: no {{host}} in '{}'", printable(command_)),
                     "It stands for the name of a host: 'ssh {host}'.");
  }
  if (!folder_.empty() && !is_plain_word(folder_)) {
    throw UsageError(fmt::format("invalid --programs '{}'", printable(folder_)),
                     "Expected a path of the characters A-Z a-z 0-9 . _ - + / only.");
  }
}

Command Launcher::start(const MeshHost& host, std::string_view program,
                        const std::vector<std::string>& arguments) const {
  std::string path(program);
  if (!folder_.empty()) {
    path = fmt::format("{}/{}", folder_, program);
  }
  Command command{"/bin/sh", "-c", with_host(command_, host.name) + " \"$@\"", "sh", path};
  for (const std::string& argument : arguments) {
    if (!is_plain_word(argument)) {
      throw UsageError(
          fmt::format("'{}' cannot be passed on to a host", printable(argument)),
          "A shell on the host may read it: only A-Z a-z 0-9 and . _ - + / : , = % are allowed.");
    }
    command.push_back(argument);
  }
  return command;
}

Launched::Launched(const Command& command, std::string_view input) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  child_ = Child::start(command, [&] {
    ::setsid();  // a group of its own, to be killed as a whole, and no terminal
    ::dup2(in.read.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
  });
  input_ = std::move(in.write);
  output_end_ = std::move(out.read);
  messages_end_ = std::move(err.read);
  make_nonblocking(output_end_);
  make_nonblocking(messages_end_);
  make_nonblocking(input_);  // a line fits into the pipe
  if (::write(input_.get(), input.data(), input.size()) < 0 && errno != EPIPE) {
    throw_system_error(errno, "write to the launched command");
  }
}

Launched::~Launched() {
  end_input();
  try {
    attend({this}, std::chrono::steady_clock::now() + kTimeToEnd, [this] {
      output_.clear();
      return status_.has_value();
    });
  } catch (const std::system_error&) {  // then it is killed
  }
  ::kill(-child_->pid(), SIGKILL);  // also what a shell has left behind
  if (!status_) {
    child_->wait();
  }
}

std::string Launched::complaint() const {
  std::string best;
  std::string last;
  for (std::size_t at = 0; at < messages_.size();) {
    const std::size_t end = std::min(messages_.find('\n', at), messages_.size());
    const std::string line = messages_.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    last = line;
    if (line.starts_with("tcpstep-") && line.find(" listening on ") == std::string::npos &&
        line.find(" connected to ") == std::string::npos) {
      best = line;
    }
  }
  return printable(best.empty() ? last : best, kLongestComplaint);
}

bool Launched::attend(std::initializer_list<Launched*> all, Time deadline,
                      const std::function<bool()>& is_enough) {
  while (!is_enough()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= 0ms) {
      return false;
    }
    std::vector<pollfd> polled;
    for (const Launched* one : all) {
      for (const Fd* fd : {&one->output_end_, &one->messages_end_}) {
        polled.push_back({.fd = fd->get(), .events = POLLIN, .revents = 0});
      }
      polled.push_back(
          {.fd = one->status_ ? -1 : one->child_->ended().get(), .events = POLLIN, .revents = 0});
    }
    if (::poll(polled.data(), polled.size(),
               static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) < 0 &&
        errno != EINTR) {
      throw_system_error(errno, "poll");
    }
    for (Launched* one : all) {
      one->note_end();  // before the rest of what it wrote is read
      one->take(one->output_end_, one->output_);
      one->take(one->messages_end_, one->messages_);
      if (one->messages_.size() > 2 * kKeptMessages) {
        one->messages_.erase(0, one->messages_.size() - kKeptMessages);
      }
    }
  }
  return true;
}

void Launched::note_end() {
  pollfd end{.fd = child_->ended().get(), .events = POLLIN, .revents = 0};
  if (!status_ && ::poll(&end, 1, 0) > 0) {
    status_ = child_->wait();
  }
}

// As much as there is, up to the limit; the rest keeps the other end waiting.
void Launched::take(Fd& from, std::string& text) {
  std::array<char, 65536> buffer;
  while (from.get() >= 0 && text.size() <= kLargestOutput) {
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && errno == EAGAIN) {
      return;
    }
    if (count <= 0) {
      from = Fd();
      return;
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (&text == &messages_) {
      return;  // a flood of them must not keep others waiting
    }
  }
}

}  // namespace tcpstep
