// Programs on other hosts: started by the launch command, and talked to by pipes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/process.h"
#include "mesh/hosts.h"

namespace tcpstep {

// "ssh {host}": any command that runs the words after it on a host.
class Launcher {
 public:
  // `command` is for /bin/sh; `folder` has the programs on the hosts (empty: their PATH). Throws
  // UsageError if there is no {host} in it, or if the folder is not made of plain words.
  Launcher(std::string command, std::string folder);

  // Runs `program` there. Its arguments are plain words (is_plain_word): with ssh a shell on the
  // host reads them once more, with ip netns exec none does, and both must mean the same. Throws
  // UsageError for others.
  [[nodiscard]] Command start(const MeshHost& host, std::string_view program,
                              const std::vector<std::string>& arguments) const;

  [[nodiscard]] const std::string& text() const { return command_; }

 private:
  std::string command_;
  std::string folder_;
};

// A program that was launched. When this object dies the program's standard input ends, and what
// the command has started here is killed if it does not end within a moment.
class Launched {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kLargestOutput = std::size_t{1} << 28U;

  // Writes `input` to its standard input, and keeps that open. It has no terminal: ssh must not ask
  // for anything.
  Launched(const Command& command, std::string_view input);
  ~Launched();
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  // Its standard output, and the last part of its standard error.
  [[nodiscard]] const std::string& output() const { return output_; }
  // Empties output().
  [[nodiscard]] std::string take_output() { return std::move(output_); }
  [[nodiscard]] const std::string& messages() const { return messages_; }
  [[nodiscard]] std::optional<int> status() const { return status_; }  // once it has ended
  [[nodiscard]] bool is_flooding() const { return output_.size() > kLargestOutput; }

  // The line of its messages that says best what went wrong; safe to print.
  [[nodiscard]] std::string complaint() const;

  // Takes what all of them print until `is_enough` or `deadline`. False at the deadline.
  static bool attend(std::initializer_list<Launched*> all, Time deadline,
                     const std::function<bool()>& is_enough);

 private:
  void take(Fd& from, std::string& text);
  void note_end();
  void end_input() { input_ = Fd(); }

  Fd input_;
  Fd output_end_;
  Fd messages_end_;
  std::optional<Child> child_;
  std::string output_;
  std::string messages_;
  std::optional<int> status_;
};

}  // namespace tcpstep
