# The headers that most sources include, compiled once: a build from scratch takes half the time. Sources still
# include what they use; the presets that measure, install or lint build without.
option(TCPSTEP_PRECOMPILE "Precompile common headers" OFF)
if(TCPSTEP_PRECOMPILE)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/precompiled.cpp CONTENT "")
  add_library(tcpstep_precompiled STATIC ${PROJECT_BINARY_DIR}/generated/precompiled.cpp)
  target_compile_features(tcpstep_precompiled PUBLIC cxx_std_20)
  set_target_properties(tcpstep_precompiled PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(tcpstep_precompiled PRIVATE tcpstep::fmt tcpstep::sanitizers tcpstep::warnings)
  target_precompile_headers(tcpstep_precompiled PRIVATE
    <algorithm> <array> <chrono> <filesystem> <fstream> <functional> <map> <optional> <set> <span> <sstream>
    <string> <string_view> <variant> <vector> <fmt/chrono.h> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>)
endif()

# tcpstep_precompiled_headers(TARGET): for targets that link fmt, the sanitizers and the warnings.
function(tcpstep_precompiled_headers target)
  if(TCPSTEP_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM tcpstep_precompiled)
  endif()
endfunction()

# tcpstep_library(NAME sources...): one static library per folder of lib/, includes rooted at the repository.
function(tcpstep_library name)
  add_library(tcpstep_${name} STATIC ${ARGN})
  add_library(tcpstep::${name} ALIAS tcpstep_${name})
  target_compile_features(tcpstep_${name} PUBLIC cxx_std_20)
  set_target_properties(tcpstep_${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_include_directories(tcpstep_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tcpstep_${name} PUBLIC tcpstep::sanitizers PRIVATE tcpstep::warnings)
  tcpstep_precompiled_headers(tcpstep_${name})
endfunction()

# tcpstep_program(NAME main.cpp sources...): a thin main over a library that tests link as tcpstep::<folder>.
function(tcpstep_program name folder main)
  tcpstep_library(${folder} ${ARGN})
  add_executable(${name} ${main})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE tcpstep::${folder} tcpstep::warnings)
  tcpstep_precompiled_headers(${name})
  install(TARGETS ${name} RUNTIME)
endfunction()
