# The git id goes into every result file; a tarball without git says "unknown".
execute_process(
  COMMAND git -C ${PROJECT_SOURCE_DIR} describe --always --dirty
  OUTPUT_VARIABLE TCPSTEP_GIT_ID OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT TCPSTEP_GIT_ID)
  set(TCPSTEP_GIT_ID unknown)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in ${PROJECT_BINARY_DIR}/generated/tcpstep_version.h)
