// What BlockLanczos returns.
#include "block_lanczos.hpp"
#include "ritz_result.hpp"

#include <sstream>

namespace lambdabar {

/// In words, what was chosen and why.
template <ScalarType S>
std::string BlockLanczos<S>::explain() const {
    std::ostringstream text;
    text.precision(3);
    text << "blocks of " << b_ << ", a basis of " << capacity_;
    if (degree_ > 1) {
        const double growth = chebyshev_growth(interval_, interval_.lowest);
        text << "; filter of degree " << degree_ << " in " << (single_ ? "single" : "double")
             << " precision, which grows by exp(" << growth << ") a degree at " << sign_ * interval_.lowest
             << " and damps " << sign_ * interval_.cut << " to " << sign_ * interval_.upper;
        if (cost_.product > 0.0)
            text << "; bytes a row: " << cost_.product << " for a product with a column"
                 << (entries_ ? "" : " (a guess)") << ", " << cost_.step
                 << " for the rest of a step, hence a gain of exp(" << cost_.gain(growth, b_) << ") a filter";
    }
    return text.str();
}

/// The k wanted vectors and the extra ones; frees the basis.
template <ScalarType S>
void BlockLanczos<S>::take_vectors(Index k, Index extra, Eigenpairs<S>& pairs) {
    T_.resize(0, 0);
    R_.resize(0, 0);
    A_.release();
    Block<S> X(n_, k);
    set_product<S>(X, V_.leftCols(m_), Y_.leftCols(k));
    pairs.vectors = X;
    X.resize(n_, extra);
    set_product<S>(X, V_.leftCols(m_), Y_.middleCols(k, extra));
    V_.resize(0, 0);
    pairs.extra = X;
}

template <ScalarType S>
Eigenpairs<S> BlockLanczos<S>::result(StopReason reason) {
    Eigenpairs<S> pairs;
    const Index k = std::min(k_, m_);
    const Index extra = std::min(options_.extra < 0 ? k_ : options_.extra, m_ - k);
    pairs.which = options_.which;
    const RitzValues ritz{theta_, residual_, sign_, k_};
    take_values(ritz, extra, pairs);
    pairs.norm_A = norm_;
    pairs.tol = tol_;
    pairs.cluster_tol = options_.cluster_tol;
    take_vectors(k, extra, pairs);
    conclude(ritz, reason, pairs);
    pairs.probed = probed_ && !doubtful_;
    pairs.search_carried = by_carried_;
    if (pairs.converged && probed_ && complete_count_ > 0 && complete_count_ < m_ &&
        theta_(complete_count_ - 1) < complete_bound_ && complete_bound_ < theta_(complete_count_)) {
        pairs.complete_count = complete_count_;
        pairs.complete_bound = sign_ * complete_bound_;
    }
    pairs.far_end = sign_ * (std::isnan(upper_) && carried_.count > 0 ? carried_.upper : upper_);
    pairs.products = A_.products();
    pairs.iterations = iterations_;
    pairs.basis_size = capacity_;
    pairs.filter_degree = degree_;
    pairs.engine = "block_lanczos";
    pairs.plan = explain();
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                               \
    template std::string BlockLanczos<S>::explain() const;                     \
    template void BlockLanczos<S>::take_vectors(Index, Index, Eigenpairs<S>&); \
    template Eigenpairs<S> BlockLanczos<S>::result(StopReason);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
