# Compiler warnings as a target, linked PRIVATE by our own code only.
option(TCPSTEP_WERROR "Treat warnings as errors, with the compiler of Debian 12 only: others warn of more" OFF)
set(TCPSTEP_PINNED_COMPILER $<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,12>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>)
# A designated initializer names what differs from the defaults; the rest is left out on purpose.
add_library(tcpstep_warnings INTERFACE)
add_library(tcpstep::warnings ALIAS tcpstep_warnings)
target_compile_options(tcpstep_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<AND:$<BOOL:${TCPSTEP_WERROR}>,${TCPSTEP_PINNED_COMPILER}>:-Werror>)
