# cmake --install puts here: the library, its headers, the command line if it is built, and the package files with
# which find_package(lambdabar) defines lambdabar::lambdabar.
include(CMakePackageConfigHelpers)

set(package_directory "${CMAKE_INSTALL_LIBDIR}/cmake/lambdabar")
install(
    TARGETS lambdabar
    EXPORT lambdabarTargets
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(TARGET lambdabar_app)
    file(RELATIVE_PATH bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    set_target_properties(lambdabar_app PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    install(TARGETS lambdabar_app RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(EXPORT lambdabarTargets NAMESPACE lambdabar:: DESTINATION "${package_directory}")
configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/lambdabarConfig.cmake.in" "${PROJECT_BINARY_DIR}/lambdabarConfig.cmake"
    INSTALL_DESTINATION "${package_directory}"
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/lambdabarConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/lambdabarConfig.cmake" "${PROJECT_BINARY_DIR}/lambdabarConfigVersion.cmake"
        DESTINATION "${package_directory}")
