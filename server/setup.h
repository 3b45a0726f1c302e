// What the server does once, before its loop.
#pragma once

#include <csignal>

#include "lib/net/listener.h"
#include "server/options.h"

namespace tcpstep {

// Throws WorldError with what to do about it.
[[nodiscard]] Listener listen_as(const ServerOptions& options);

// SIGUSR1 asks for the state. It is delivered in the loop's wait only; `mask` is the mask of that
// wait.
void catch_state_signal(sigset_t& mask);
// Whether it was asked for since the last call.
[[nodiscard]] bool take_state_request();

}  // namespace tcpstep
