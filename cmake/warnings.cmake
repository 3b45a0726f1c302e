# Compiler warnings as a target, linked PRIVATE by our own code only.
option(TCPSTEP_WERROR "Treat warnings as errors" OFF)
add_library(tcpstep_warnings INTERFACE)
add_library(tcpstep::warnings ALIAS tcpstep_warnings)
target_compile_options(tcpstep_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  $<$<BOOL:${TCPSTEP_WERROR}>:-Werror>)
