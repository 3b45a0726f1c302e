// In which order the runs of two sides are launched, and what is launched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcpstep {

struct AbLaunch {
  char side;               // 'a' or 'b'
  std::uint32_t block;     // from 1
  std::uint32_t position;  // from 1, in all launches
  std::uint64_t seed;      // for the run
  std::string file;        // "a-01.csv"
};

// How the order of the launches is drawn, for the header of a run.
inline constexpr const char* kAbOrder = "blocks of A, A, B, B in random order";

// `runs` launches of each side in blocks of four, each block A, A, B, B in its own random order; an
// odd run makes a last block of two. The same for the same seed.
[[nodiscard]] std::vector<AbLaunch> plan_ab(std::uint32_t runs, std::uint64_t seed);

// `command` with each {name} replaced by its value.
[[nodiscard]] std::string filled_in(
    std::string command, const std::vector<std::pair<std::string_view, std::string>>& values);

// One measurement through a proxy. Starts tcpstep-server, then `command` (for /bin/sh), then
// tcpstep-client against what the command listens on; ends the command. In it, {listen} and
// {target} become addresses ("127.0.0.1:40001"), {listen_port} and {target_port} their ports.
// Returns the client's exit status, or the server's if that of the client is 0. Throws WorldError
// if the server or the command does not listen.
int measure_through(const std::string& command);

}  // namespace tcpstep
