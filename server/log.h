// The server's messages on standard error: text for people, or one JSON object a line.
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

  // Something went as it should; silent with --quiet.
  void note(std::string_view event, const std::string& text, Fields fields = {}) const;

  // Something did not; always written.
  void fault(std::string_view event, const std::string& text, Fields fields = {}) const;

  // The same about a client that is not measured, or whose run failed. A flood of them must not
  // fill a disk: only the first of each minute are written, and then how many were suppressed.
  void fault_of_client(std::string_view event, const std::string& text, Fields fields = {});
  // Whether the next one would not be written.
  [[nodiscard]] bool is_suppressing() const;
  // Writes how many were suppressed: if their minute is over, or in any case.
  void flush_if_due();
  void flush();
  // When flush_if_due() is due.
  [[nodiscard]] std::optional<Time> next_deadline() const;

 private:
  void write(std::string_view level, std::string_view event, const std::string& text,
             Fields fields) const;

  LogFormat format_;
  bool is_quiet_;
  std::optional<Time> minute_end_;  // of the faults that are counted now
  std::uint64_t client_faults_ = 0;
};

}  // namespace tcpstep
