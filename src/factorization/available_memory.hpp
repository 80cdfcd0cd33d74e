#pragma once

namespace lambdabar {

/// Bytes this process can still allocate without swapping: the least of Linux's MemAvailable and what the memory
/// limits of its control group (v2 with its ancestors, or v1) leave, page cache counted as free. Infinity where none
/// of them can be read.
double available_memory();

}  // namespace lambdabar
