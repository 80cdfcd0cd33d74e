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
