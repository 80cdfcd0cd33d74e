# Finds sequential MUMPS in double precision (Debian: libmumps-seq-dev, which ships no CMake files).
# Defines MUMPS_FOUND and the target MUMPS::MUMPS.
find_path(MUMPS_INCLUDE_DIR dmumps_c.h PATH_SUFFIXES mumps-seq-shared mumps)
find_library(MUMPS_LIBRARY NAMES dmumps_seq)
mark_as_advanced(MUMPS_INCLUDE_DIR MUMPS_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MUMPS REQUIRED_VARS MUMPS_LIBRARY MUMPS_INCLUDE_DIR)

if(MUMPS_FOUND AND NOT TARGET MUMPS::MUMPS)
    add_library(MUMPS::MUMPS UNKNOWN IMPORTED GLOBAL)
    set_target_properties(MUMPS::MUMPS PROPERTIES IMPORTED_LOCATION "${MUMPS_LIBRARY}"
                                                  INTERFACE_INCLUDE_DIRECTORIES "${MUMPS_INCLUDE_DIR}")
endif()
