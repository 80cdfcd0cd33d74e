#pragma once
// Blocks in chunks of columns, one chunk to a thread.
#include <lambdabar/types.hpp>

#include <algorithm>
#include <exception>

namespace lambdabar {

/// Calls work(first, columns) for the chunks [0, w), [w, 2w), … of `columns` columns, on all threads. Where a chunk
/// begins depends on its number only, so the result does not depend on the threads. Rethrows what a chunk throws.
template <class Work>
void for_column_chunks(Index columns, Index width, const Work& work) {
    std::exception_ptr error;
    const Index chunks = (columns + width - 1) / width;
#pragma omp parallel for schedule(dynamic, 1) if (chunks > 1)
    for (Index chunk = 0; chunk < chunks; ++chunk) {
        try {
            work(chunk * width, std::min(width, columns - chunk * width));
        } catch (...) {
#pragma omp critical(lambdabar_column_chunks)
            error = std::current_exception();
        }
    }
    if (error) std::rethrow_exception(error);
}

}  // namespace lambdabar
