# clang for another processor, with headers and static libraries in a folder: scripts/static-client.
# TCPSTEP_TRIPLET and TCPSTEP_SYSROOT say which, and where.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TCPSTEP_TRIPLET TCPSTEP_SYSROOT)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR ${TCPSTEP_TRIPLET})
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSROOT ${TCPSTEP_SYSROOT})
set(CMAKE_CXX_COMPILER clang++)
set(CMAKE_CXX_COMPILER_TARGET ${TCPSTEP_TRIPLET})
set(CMAKE_LIBRARY_ARCHITECTURE ${TCPSTEP_TRIPLET})
set(CMAKE_CXX_FLAGS_INIT
  "-flto=thin -ffunction-sections -fdata-sections -fmerge-all-constants -fno-asynchronous-unwind-tables")
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-static -fuse-ld=lld -Wl,--gc-sections -Wl,--icf=all -Wl,--strip-all -Wl,-O2")
set(TCPSTEP_STATIC ON)  # read by cmake/dependencies.cmake: what is set here is set again after this file
set(Boost_USE_STATIC_LIBS ON)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
