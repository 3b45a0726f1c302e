// For the static client: functions of its libraries that would bring in code that it never runs, 6
// % of its size. The linker takes these instead.
#include <cstdlib>

// libsodium's choices among its implementations of what tcpstep does not use: key exchange, stream
// ciphers and their authentication. sodium_init() calls them all.
extern "C" {
int _crypto_scalarmult_curve25519_pick_best_implementation() {
  return 0;
}
int _crypto_onetimeauth_poly1305_pick_best_implementation() {
  return 0;
}
int _crypto_stream_salsa20_pick_best_implementation() {
  return 0;
}
}

// libstdc++ would print the readable name of the type of an exception that nobody catches;
// run_program() catches all.
namespace __gnu_cxx {
void __verbose_terminate_handler() {
  std::abort();
}
}  // namespace __gnu_cxx
