# Everything comes from Debian 12; scripts/install-packages has the list.
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # Boost's own package, as in CMake before 3.30
endif()
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options iostreams filesystem system)
find_package(fmt 9 REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Threads REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(libmnl REQUIRED IMPORTED_TARGET libmnl)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)

# Debian's gnuplot-iostream is one header without a CMake package.
find_path(GNUPLOT_IOSTREAM_INCLUDE_DIR gnuplot-iostream.h REQUIRED)
add_library(tcpstep_gnuplot_iostream INTERFACE)
add_library(tcpstep::gnuplot_iostream ALIAS tcpstep_gnuplot_iostream)
target_include_directories(tcpstep_gnuplot_iostream SYSTEM INTERFACE ${GNUPLOT_IOSTREAM_INCLUDE_DIR})
target_link_libraries(tcpstep_gnuplot_iostream INTERFACE
  Boost::iostreams Boost::filesystem Boost::system)

if(TCPSTEP_TESTS)
  find_package(GTest 1.12 REQUIRED)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
endif()
