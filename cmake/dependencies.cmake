# Everything comes from Debian 12; scripts/install-packages has the list, docs/building.md those of other systems.
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # Boost's own package, as in CMake before 3.30
endif()
if(TCPSTEP_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
set(boost_libraries program_options)
if(NOT TCPSTEP_CLIENT_ONLY)
  list(APPEND boost_libraries iostreams filesystem)
endif()
find_package(Boost 1.74 REQUIRED COMPONENTS ${boost_libraries})
# Compiled into the client, so that it needs no library that other systems do not have.
find_package(fmt 9 REQUIRED)
add_library(tcpstep_fmt INTERFACE)
add_library(tcpstep::fmt ALIAS tcpstep_fmt)
target_link_libraries(tcpstep_fmt INTERFACE $<IF:$<BOOL:${TCPSTEP_CLIENT_ONLY}>,fmt::fmt-header-only,fmt::fmt>)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Threads REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)
if(TCPSTEP_CLIENT_ONLY)
  return()
endif()

# Debian's gnuplot-iostream is one header without a CMake package.
find_path(GNUPLOT_IOSTREAM_INCLUDE_DIR gnuplot-iostream.h REQUIRED)
add_library(tcpstep_gnuplot_iostream INTERFACE)
add_library(tcpstep::gnuplot_iostream ALIAS tcpstep_gnuplot_iostream)
target_include_directories(tcpstep_gnuplot_iostream SYSTEM INTERFACE ${GNUPLOT_IOSTREAM_INCLUDE_DIR})
target_link_libraries(tcpstep_gnuplot_iostream INTERFACE Boost::iostreams Boost::filesystem)

if(TCPSTEP_TESTS)
  find_package(GTest 1.12 REQUIRED)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
endif()
