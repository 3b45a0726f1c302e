# tcpstep_library(NAME sources...): one static library per folder of lib/, includes rooted at the repository.
function(tcpstep_library name)
  add_library(tcpstep_${name} STATIC ${ARGN})
  add_library(tcpstep::${name} ALIAS tcpstep_${name})
  target_compile_features(tcpstep_${name} PUBLIC cxx_std_20)
  set_target_properties(tcpstep_${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_include_directories(tcpstep_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tcpstep_${name} PUBLIC tcpstep::sanitizers PRIVATE tcpstep::warnings)
endfunction()

# tcpstep_program(NAME main.cpp sources...): a thin main over a library that tests link as tcpstep::<folder>.
function(tcpstep_program name folder main)
  tcpstep_library(${folder} ${ARGN})
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE tcpstep::${folder} tcpstep::warnings)
  install(TARGETS ${name} RUNTIME)
endfunction()
