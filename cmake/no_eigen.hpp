// Included before every src/block/*_native.cpp; see cmake/NativeKernels.cmake for the reason.
#pragma GCC poison Eigen
