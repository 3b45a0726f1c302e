// Work side by side, each piece in a process of its own that ends with this one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tcpstep {

// Returns at most kLongestAnswer bytes. Runs in a copy of this process.
using Job = std::function<std::string()>;
inline constexpr std::size_t kLongestAnswer = 16384;

// Runs the jobs in their order, `at_once` at a time. Calls `done` with the number of each job that
// has ended and what it returned; that is empty if its process has died. False if a signal has
// asked this process to stop: then all are gone, and `done` was not called for those.
[[nodiscard]] bool run_jobs(const std::vector<Job>& jobs, std::size_t at_once,
                            const std::function<void(std::size_t job, std::string answer)>& done);

}  // namespace tcpstep
