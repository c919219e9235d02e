# Every dependency is one imported target `dep::NAME`; docs/architecture.md gives the reason for each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(dep_pkgconfig name module)
  pkg_check_modules(DEP_${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(dep::${name} ALIAS PkgConfig::DEP_${name})
endfunction()

function(dep_header_only name header)
  find_path(DEP_${name}_INCLUDE ${header} REQUIRED)
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE ${DEP_${name}_INCLUDE})
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

dep_pkgconfig(fmt fmt)
dep_pkgconfig(spdlog spdlog)
dep_pkgconfig(xxhash libxxhash)
dep_pkgconfig(zstd libzstd)
dep_pkgconfig(crypto libcrypto)
dep_pkgconfig(zmq libzmq)
dep_pkgconfig(sqlite sqlite3)
dep_pkgconfig(pcre2 libpcre2-8)
dep_pkgconfig(utf8proc libutf8proc)
dep_pkgconfig(zlib zlib)
dep_pkgconfig(seccomp libseccomp)
dep_header_only(cppzmq zmq.hpp)
dep_header_only(json nlohmann/json.hpp)
dep_header_only(toml toml.hpp)
dep_header_only(cli11 CLI/CLI.hpp)
dep_header_only(expected tl/expected.hpp)
dep_header_only(highway hwy/highway.h)

find_library(DEP_SQLITECPP SQLiteCpp REQUIRED)
add_library(dep_sqlitecpp INTERFACE)
target_link_libraries(dep_sqlitecpp INTERFACE ${DEP_SQLITECPP} dep::sqlite)
add_library(dep::sqlitecpp ALIAS dep_sqlitecpp)

find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
add_library(dep_process INTERFACE)
target_link_libraries(dep_process INTERFACE Boost::filesystem Threads::Threads)
add_library(dep::process ALIAS dep_process)

# Exact algebra, for the helper executable `laconic-algebra` alone: it is optional, and nothing else may
# link it (it aborts on hostile input, and Debian's FLINT loads a GPL library).
find_library(DEP_CALCIUM calcium)
find_library(DEP_ARB NAMES flint-arb arb)
find_library(DEP_FLINT flint)
find_library(DEP_MPFR mpfr)
find_library(DEP_GMP gmp)
find_path(DEP_CALCIUM_INCLUDE NAMES calcium/ca.h ca.h)
find_path(DEP_ANTIC_INCLUDE NAMES antic/nf.h nf.h)  # calcium's header includes it
if(DEP_CALCIUM AND DEP_FLINT AND DEP_MPFR AND DEP_GMP AND DEP_CALCIUM_INCLUDE AND DEP_ANTIC_INCLUDE)
  add_library(dep_calcium INTERFACE)
  target_include_directories(dep_calcium SYSTEM INTERFACE ${DEP_CALCIUM_INCLUDE})
  target_link_libraries(dep_calcium INTERFACE ${DEP_CALCIUM} $<$<BOOL:${DEP_ARB}>:${DEP_ARB}> ${DEP_FLINT} ${DEP_MPFR} ${DEP_GMP} m)
  add_library(dep::calcium ALIAS dep_calcium)
endif()

if(LACONIC_TESTS)
  find_package(GTest REQUIRED)
endif()

# LibTorch from the wheel: libtorch_cpu and libc10 only (libtorch.so would pull CUDA in).
if(LACONIC_LEARNER)
  if(NOT EXISTS ${LACONIC_TORCH}/torch/include/torch/csrc/api/include/torch/torch.h)
    message(FATAL_ERROR "torch 2.11 not found in LACONIC_TORCH='${LACONIC_TORCH}'.\n"
      "`./dev build` installs it and configures; or pass -DLACONIC_TORCH=<site-packages>, or -DLACONIC_LEARNER=OFF.")
  endif()
  add_library(dep_torch INTERFACE)
  target_include_directories(dep_torch SYSTEM INTERFACE
    ${LACONIC_TORCH}/torch/include ${LACONIC_TORCH}/torch/include/torch/csrc/api/include)
  target_link_libraries(dep_torch INTERFACE
    ${LACONIC_TORCH}/torch/lib/libtorch_cpu.so ${LACONIC_TORCH}/torch/lib/libc10.so Threads::Threads)
  # libtorch_cpu finds the CUDA runtime by its own $ORIGIN path; the linker needs to be told.
  file(GLOB DEP_TORCH_CUDA_LIB ${LACONIC_TORCH}/nvidia/cu13/lib)
  target_link_options(dep_torch INTERFACE
    "LINKER:-rpath-link,${DEP_TORCH_CUDA_LIB}" "LINKER:-rpath,${LACONIC_TORCH}/torch/lib")
  add_library(dep::torch ALIAS dep_torch)
endif()
