// Only in builds with AddressSanitizer: its leak check starts a thread at the end of the program,
// which a process whose PID namespace has ended cannot.
extern "C" const char* __asan_default_options();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "detect_leaks=0";
}
