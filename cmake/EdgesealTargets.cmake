# What every target of the project has in common: language level, warnings, hardening, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(edgeseal_warnings INTERFACE)
target_compile_options(edgeseal_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  $<$<BOOL:${EDGESEAL_WERROR}>:-Werror>)

add_library(edgeseal_hardening INTERFACE)
target_compile_options(edgeseal_hardening INTERFACE -fstack-protector-strong
  $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2> $<$<CONFIG:Release>:-fstack-clash-protection>)
target_link_options(edgeseal_hardening INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)

add_library(edgeseal_sanitizers INTERFACE)
if(EDGESEAL_SANITIZE)
  target_compile_options(edgeseal_sanitizers INTERFACE -fsanitize=${EDGESEAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(edgeseal_sanitizers INTERFACE -fsanitize=${EDGESEAL_SANITIZE})
endif()
if(EDGESEAL_FUZZ)
  target_compile_options(edgeseal_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

# edgeseal_tells_version(SOURCE...): these alone are compiled anew for a new version.
function(edgeseal_tells_version)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_DEFINITIONS EDGESEAL_VERSION="${PROJECT_VERSION}")
endfunction()

# edgeseal_compiled_quickly(TARGET): for what computes nothing and instantiates much, as sdbus-c++ and CLI11 have it. With
# the sanitizers the optimiser takes half of the time to compile that.
function(edgeseal_compiled_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O0>)
endfunction()

# edgeseal_defaults(TARGET): warnings, hardening, sanitizers, the source root as the only include directory.
function(edgeseal_defaults target)
  target_link_libraries(${target} PRIVATE edgeseal_warnings edgeseal_hardening edgeseal_sanitizers)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_link_options(${target} PRIVATE -pie)
  endif()
endfunction()
