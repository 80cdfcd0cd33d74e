#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// The Warm value that the options name, if it holds vectors of this problem in every process; else nullptr.
template <ScalarType S>
const Warm<S>* usable_warm(const EigshOptions<S>& options, Index rows) {
    const Warm<S>* warm = options.warm;
    const bool fits = warm && warm->vectors.rows() == rows && warm->vectors.cols() > 0 &&
                      warm->values.size() == warm->vectors.cols() && warm->which == options.which;
    return options.sum.total(fits ? 0 : 1) > 0 ? nullptr : warm;
}

/// The vectors to start from: those of `warm`, or the caller's, which may have no column.
template <ScalarType S>
const Matrix<S>& start_vectors(const Warm<S>* warm, const EigshOptions<S>& options) {
    return warm ? warm->vectors : options.start;
}

}  // namespace lambdabar
