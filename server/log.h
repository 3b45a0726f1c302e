// What the server says on standard error: words for people, or one JSON object a line.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "server/options.h"

namespace tcpstep {

class Log {
 public:
  using Fields = std::initializer_list<std::pair<const char*, std::string>>;

  Log(LogFormat format, bool is_quiet) : format_(format), is_quiet_(is_quiet) {}

  // Something went as it should; unsaid with --quiet.
  void note(std::string_view event, const std::string& words, Fields fields = {}) const;

  // Something did not; always said.
  void fault(std::string_view event, const std::string& words, Fields fields = {}) const;

 private:
  void say(std::string_view level, std::string_view event, const std::string& words,
           Fields fields) const;

  LogFormat format_;
  bool is_quiet_;
};

}  // namespace tcpstep
