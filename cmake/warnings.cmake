# Compiler warnings as a target, linked PRIVATE by our own code only.
option(TCPSTEP_WERROR "Treat warnings as errors" OFF)
# A designated initializer names what differs from the defaults; the rest is left out on purpose.
add_library(tcpstep_warnings INTERFACE)
add_library(tcpstep::warnings ALIAS tcpstep_warnings)
target_compile_options(tcpstep_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wno-missing-field-initializers
  $<$<BOOL:${TCPSTEP_WERROR}>:-Werror>)
