# The git id goes into every result file. Each build asks git for it, and rewrites the header only when the id
# is another one. In sources that git archive has packed, as in a tarball, cmake/git_id holds it.
if(CMAKE_SCRIPT_MODE_FILE)  # cmake -D SOURCE=... -D HEADER=... -D PROJECT_VERSION=... -P version.cmake
  if(EXISTS ${SOURCE}/.git)
    execute_process(
      COMMAND git -C ${SOURCE} describe --always --dirty
      OUTPUT_VARIABLE TCPSTEP_GIT_ID OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT TCPSTEP_GIT_ID)
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/git_id TCPSTEP_GIT_ID REGEX "^[0-9a-f]+$")
  endif()
  if(NOT TCPSTEP_GIT_ID)
    set(TCPSTEP_GIT_ID unknown)
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/version.h.in ${HEADER} @ONLY)
  return()
endif()

set(header ${PROJECT_BINARY_DIR}/generated/tcpstep_version.h)
add_custom_target(tcpstep_version BYPRODUCTS ${header} VERBATIM
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D HEADER=${header} -D PROJECT_VERSION=${PROJECT_VERSION}
          -P ${CMAKE_CURRENT_LIST_FILE})
# Tools that read sources without building them, such as clang-tidy, find the header too.
execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D HEADER=${header}
                        -D PROJECT_VERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_LIST_FILE})
