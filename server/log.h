// What the server says on standard error: words for people, or one JSON object a line.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/options.h"

namespace tcpstep {

class Log {
 public:
  using Fields = std::initializer_list<std::pair<const char*, std::string>>;
  using Time = std::chrono::steady_clock::time_point;

  Log(LogFormat format, bool is_quiet) : format_(format), is_quiet_(is_quiet) {}

  // Something went as it should; unsaid with --quiet.
  void note(std::string_view event, const std::string& words, Fields fields = {}) const;

  // Something did not; always said.
  void fault(std::string_view event, const std::string& words, Fields fields = {}) const;

  // The same of somebody who is not measured. A flood of them must not fill a disk: only the first
  // of each minute are said, and then how many were not.
  void fault_of_stranger(std::string_view event, const std::string& words, Fields fields = {});
  // Says how many were not, if their minute is over.
  void look_at_clock();
  // When look_at_clock() is due.
  [[nodiscard]] std::optional<Time> next_deadline() const;
  // Says how many were not so far.
  void say_unsaid();

 private:
  void say(std::string_view level, std::string_view event, const std::string& words,
           Fields fields) const;

  LogFormat format_;
  bool is_quiet_;
  std::optional<Time> minute_end_;  // of the strangers that are counted now
  std::uint64_t strangers_ = 0;
};

}  // namespace tcpstep
