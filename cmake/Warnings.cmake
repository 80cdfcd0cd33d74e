# lambdabar_warnings: linked PRIVATE by the library, tests, application, examples and benches. Consumers never see it.
add_library(lambdabar_warnings INTERFACE)
target_compile_options(
    lambdabar_warnings
    INTERFACE -Wall
              -Wextra
              -Wpedantic
              -Wshadow
              -Wcast-qual
              -Wextra-semi
              -Wnon-virtual-dtor
              -Woverloaded-virtual
              $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
              $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
              $<$<BOOL:${LAMBDABAR_WARNINGS_AS_ERRORS}>:-Werror>)

# g++ 12 sees overlong and overlapping copies where strings are joined in inlined code (GCC bugs 105329, 105651).
# What these three would find, the sanitizer build finds.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
    target_compile_options(lambdabar_warnings INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
endif()
