// What the server does once, before its loop.
#pragma once

#include <csignal>
#include <string>

#include "lib/net/listener.h"
#include "server/options.h"
#include "server/web_messages.h"

namespace tcpstep {

// Throws WorldError with what to do about it.
[[nodiscard]] Listener listen_as(const ServerOptions& options);
// The same for browsers; there is an options.web.
[[nodiscard]] Listener listen_for_browsers(const ServerOptions& options);

// What is measured with a browser, and what it may say of its link.
[[nodiscard]] WebOffer web_offer_of(const ServerOptions& options);

// What to type on other hosts: "on the other host: tcpstep run 192.0.2.1", a line for each address
// of this host, few at most; empty if nobody else can reach it.
[[nodiscard]] std::string how_to_reach(const ServerOptions& options);

// "http://192.0.2.1:19902/", what to open in a browser.
[[nodiscard]] std::string how_to_browse(const ServerOptions& options);

// SIGUSR1 asks for the state. It is delivered in the loop's wait only; `mask` is the mask of that
// wait.
void catch_state_signal(sigset_t& mask);
// Whether it was asked for since the last call.
[[nodiscard]] bool take_state_request();

}  // namespace tcpstep
