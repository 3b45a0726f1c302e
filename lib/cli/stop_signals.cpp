#include "lib/cli/stop_signals.h"

#include <unistd.h>

#include <cstdlib>

#include "lib/base/stop_request.h"

namespace tcpstep {
namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};

struct sigaction action_with(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // no SA_RESTART: a waiting recv(2) must end
  sigemptyset(&action.sa_mask);
  return action;
}

void set_handlers(void (*handler)(int)) {
  const struct sigaction action = action_with(handler);
  for (const int signal : kStopSignals) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) {  // nohup and background jobs of a script stay immune
      ::sigaction(signal, &action, nullptr);
    }
  }
}

// A signal just before a recv(2) would be noticed only when that recv ends. The alarm interrupts
// it, repeatedly until the program has ended.
void ring(int /*signal*/) {
  ::alarm(1);
}

void remember(int signal) {
  request_stop(signal);
  set_handlers(SIG_DFL);
  ::alarm(1);
}

}  // namespace

StopSignals::StopSignals() {
  request_stop(0);
  const struct sigaction alarm_action = action_with(ring);
  ::sigaction(SIGALRM, &alarm_action, nullptr);
  set_handlers(remember);
}

StopSignals::~StopSignals() {
  set_handlers(SIG_DFL);
  ::alarm(0);
  std::signal(SIGALRM, SIG_DFL);
}

int StopSignals::received() {
  return requested_stop();
}

StopSignals::Hold::Hold() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kStopSignals) {
    sigaddset(&held, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &held, &before_);
}

StopSignals::Hold::~Hold() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopSignals::die_of(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  std::_Exit(128 + signal);
}

void StopSignals::die_if_received() {
  if (received() != 0) {
    die_of(received());
  }
}

}  // namespace tcpstep
