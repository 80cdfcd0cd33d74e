# src/block/*_native.cpp hold the raw-pointer kernels in which the time is spent. They alone are compiled for the
# machine's vector unit and with contraction and free reordering of traps.
#
# Why they alone: Eigen's alignment, and with it who may free whose memory, follows the instruction set of each
# translation unit (EIGEN_MAX_ALIGN_BYTES is 16 for plain x86-64, 64 with AVX-512). A file compiled with -march that
# sees Eigen disagrees with the caller of the library about it, and the heap is corrupted far from the cause. So a
# native kernel takes pointers and sizes, no other file gets -march, and no_eigen.hpp makes any mention of Eigen in
# a native kernel an error.
#
# As the top-level project we build for this machine. Inside another project, or in a package, the result may run
# elsewhere: there the default is the compiler's baseline, and whoever knows better sets LAMBDABAR_ARCH.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CROSSCOMPILING)
    set(default_arch native)
else()
    set(default_arch "")
endif()
include(CheckCXXCompilerFlag)
set(LAMBDABAR_ARCH "${default_arch}"
    CACHE STRING "-march of the native kernels: native, x86-64-v3, ...; empty for the compiler's default")

if(LAMBDABAR_ARCH)
    string(MAKE_C_IDENTIFIER "LAMBDABAR_ACCEPTS_MARCH_${LAMBDABAR_ARCH}" accepts_march)
    check_cxx_compiler_flag("-march=${LAMBDABAR_ARCH}" ${accepts_march})
    if(NOT ${accepts_march})
        message(FATAL_ERROR "lambdabar: ${CMAKE_CXX_COMPILER} does not accept -march=${LAMBDABAR_ARCH}; "
                            "set LAMBDABAR_ARCH to an architecture it knows, or to nothing")
    endif()
endif()

# A column of a block must round alike at every width. Tuned for some processors, GCC fuses multiply-adds of one
# vector width and not of another.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    check_cxx_compiler_flag("--param=avoid-fma-max-bits=0" LAMBDABAR_ACCEPTS_AVOID_FMA_MAX_BITS)
endif()

# lambdabar_tune_native_kernels(<sources>...): sets the options of those among <sources> that are native kernels.
function(lambdabar_tune_native_kernels)
    list(FILTER ARGN INCLUDE REGEX "/src/block/.*_native\\.cpp$")
    set(poison "${PROJECT_SOURCE_DIR}/cmake/no_eigen.hpp")
    set(options
        -include "${poison}"
        -Wno-psabi # wide vectors never cross a translation unit
        -ffp-contract=fast
        -fno-math-errno
        -fno-trapping-math
        $<$<NOT:$<CONFIG:Debug>>:-O3>)
    if(LAMBDABAR_ACCEPTS_AVOID_FMA_MAX_BITS)
        list(APPEND options "--param=avoid-fma-max-bits=0")
    endif()
    if(LAMBDABAR_ARCH)
        list(APPEND options "-march=${LAMBDABAR_ARCH}")
    endif()
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "${options}" OBJECT_DEPENDS "${poison}")
endfunction()
