# Settings for the whole of lambdabar's own build; nothing here reaches a consumer.

# Without a build type CMake compiles unoptimised, which here means a hundred times slower.
get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT multi_config AND NOT CMAKE_BUILD_TYPE)
    message(STATUS "lambdabar: no CMAKE_BUILD_TYPE given, using Release")
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# -std=c++20, not gnu++20. On gcc this also keeps a*b + c from being fused outside the *_native.cpp kernels.
set(CMAKE_CXX_EXTENSIONS OFF)

# lambdabar_find_optional(<option> <component> <package>)
#
# Finds an optional dependency. If it is missing, says so and sets <option> to OFF: <component> is left out, and the
# rest is built. A macro, for the variables that find_package sets.
macro(lambdabar_find_optional option component package)
    find_package(${package} QUIET)
    if(NOT ${package}_FOUND)
        message(STATUS "lambdabar: ${package} not found, leaving out ${component} (tools/install-dependencies installs it)")
        set(${option} OFF)
    endif()
endmacro()
