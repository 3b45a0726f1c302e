// Compares a whole output with a file of tests/golden.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tcpstep {

// On failure the actual text is left beside the test program, to compare or to accept.
inline void expect_golden(const std::string& name, const std::string& actual) {
  std::ostringstream expected;
  expected << std::ifstream(TCPSTEP_SOURCE_DIR "/tests/golden/" + name).rdbuf();
  if (actual != expected.str()) {
    std::ofstream(name) << actual;
  }
  EXPECT_EQ(actual, expected.str()) << "the actual text is in " << name;
}

}  // namespace tcpstep
