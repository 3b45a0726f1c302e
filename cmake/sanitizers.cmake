# Sanitizers as a target: TCPSTEP_SANITIZE is a list such as "address,undefined" or "thread".
set(TCPSTEP_SANITIZE "" CACHE STRING "Sanitizers for our own code and the tests")
add_library(tcpstep_sanitizers INTERFACE)
add_library(tcpstep::sanitizers ALIAS tcpstep_sanitizers)
if(TCPSTEP_SANITIZE)
  target_compile_options(tcpstep_sanitizers INTERFACE
    -fsanitize=${TCPSTEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tcpstep_sanitizers INTERFACE -fsanitize=${TCPSTEP_SANITIZE})
  # AddressSanitizer finds what these would, too, but for misaligned access; they take a quarter of the build, and make
  # the programs three times as large. The fuzz targets, which read what strangers send, keep them.
  if(TCPSTEP_SANITIZE MATCHES "address.*undefined" AND NOT TCPSTEP_FUZZ)
    target_compile_options(tcpstep_sanitizers INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  find_program(TCPSTEP_MOLD mold DOC "Links large programs several times faster")
  if(TCPSTEP_MOLD)
    target_link_options(tcpstep_sanitizers INTERFACE -fuse-ld=mold)
  endif()
endif()
# A fuzzer finds its way by the branches it sees taken: those of the libraries under test, not of its own few lines.
if(TCPSTEP_FUZZ)
  target_compile_options(tcpstep_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
