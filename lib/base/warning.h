// A doubt about a measurement: recorded by its key, told in words.
#pragma once

#include <string>

namespace tcpstep {

struct Warning {
  std::string key;     // [a-z0-9_]+, for result files
  std::string words;   // what was found
  std::string remedy;  // what to do about it
};

}  // namespace tcpstep
