// The one bit that signal handlers and waiting loops share.
#pragma once

namespace tcpstep {

// Remembers `signal`; safe inside a signal handler. 0 forgets.
void request_stop(int signal) noexcept;

// The signal that asked this process to stop, or 0.
[[nodiscard]] int requested_stop() noexcept;

}  // namespace tcpstep
