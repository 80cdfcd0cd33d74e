# Finds hypre and the MPI it was built with (Debian: libhypre-dev, which ships no CMake files).
# Defines HYPRE_FOUND and the target HYPRE::HYPRE.
find_path(HYPRE_INCLUDE_DIR HYPRE_parcsr_ls.h PATH_SUFFIXES hypre)
find_library(HYPRE_LIBRARY HYPRE)
mark_as_advanced(HYPRE_INCLUDE_DIR HYPRE_LIBRARY)
find_package(MPI QUIET COMPONENTS CXX)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(HYPRE REQUIRED_VARS HYPRE_LIBRARY HYPRE_INCLUDE_DIR MPI_CXX_FOUND)

if(HYPRE_FOUND AND NOT TARGET HYPRE::HYPRE)
    add_library(HYPRE::HYPRE UNKNOWN IMPORTED GLOBAL)
    set_target_properties(HYPRE::HYPRE PROPERTIES IMPORTED_LOCATION "${HYPRE_LIBRARY}"
                                                  INTERFACE_INCLUDE_DIRECTORIES "${HYPRE_INCLUDE_DIR}"
                                                  INTERFACE_LINK_LIBRARIES MPI::MPI_CXX)
endif()
