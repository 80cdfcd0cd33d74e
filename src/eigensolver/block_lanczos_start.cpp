// How BlockLanczos begins: sizes, the caller's vectors, a random block.
#include "block_lanczos.hpp"
#include "spectral_bounds.hpp"
#include "start_vectors.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr Index kBoundSteps = 12;      // Lanczos steps for the upper bound of the spectrum
constexpr double kLeastChange = 1e-9;  // of a unit vector from step to step, above the rounding of its solve
constexpr Index kSmall = 200;          // up to this dimension the basis may span the whole space

}  // namespace

template <ScalarType S>
BlockLanczos<S>::BlockLanczos(CountedOperator<S>& A, const Metric<S>& metric, const EigshOptions<S>& options,
                              double sign, bool trust_start, const CarriedSearch& carried)
    : A_(A), metric_(metric), options_(options), sign_(sign), trust_start_(trust_start), carried_(carried) {
    choose_sizes();
    V_ = zeros<S>(n_, capacity_);
    G_.setZero(capacity_, capacity_);
    residual_ = tested_at_ = Eigen::VectorXd::Constant(capacity_, kUntested);
}

template <ScalarType S>
void BlockLanczos<S>::choose_sizes() {
    n_ = A_.rows();
    global_n_ = options_.sum.total(n_);
    k_ = options_.k;
    b_ = options_.block_size > 0 ? options_.block_size : (k_ == 1 ? 2 : 4);
    b_ = std::min(b_, global_n_);
    const Index kept = k_ + std::max<Index>(options_.extra, b_);  // a restart keeps what the result promises
    capacity_ = options_.basis_size > 0 ? options_.basis_size
                                        : std::max({k_ + 8 * b_, 2 * k_ + 4 * b_, kept + 4 * b_, Index{24}});
    if (options_.basis_size == 0 && global_n_ <= kSmall) capacity_ = global_n_;
    capacity_ = std::min(std::max(capacity_, k_ + 2 * b_ + 1), global_n_);
    keep_ = std::min(std::max(kept, capacity_ / 2), capacity_ - b_);
    // Generous, and more so where products cost microseconds.
    const Index generous = 40000 + 2000 * k_ + 400'000'000 / global_n_;
    max_products_ = options_.max_products > 0 ? options_.max_products : generous;
    // Residuals cannot be resolved below the rounding of a product and a rotation.
    tol_ = std::max(options_.tol, 50.0 * kEps);
}

/// Tests the caller's (or the last solve's) vectors at the cost of one block product.
template <ScalarType S>
bool BlockLanczos<S>::test_start_block() {
    const Warm<S>* warm = usable_warm(options_, n_);
    const Matrix<S>& given = start_vectors(warm, options_);
    const Index wanted = std::min({given.cols(), capacity_ - b_, capacity_ / 2});
    if (wanted < 1) return false;
    V_.leftCols(wanted) = given.leftCols(wanted);
    const Index s = orthonormalize<S>(V_.leftCols(wanted), V_.leftCols(0), metric_, options_.seed, options_.sum,
                                      "eigsh: the start block");
    if (s == 0) return false;
    started_ = true;
    m_ = s;
    BlockRef<S> V = V_.leftCols(s), AV = V_.middleCols(s, s);  // AV sits in the free columns next to V
    A_.apply(V, AV);
    G_.topLeftCorner(s, s) = metric_.inner(V, AV, BW_, options_.sum, "eigsh: the operator's product");
    rayleigh_ritz();
    norm_ = std::max(theta_.cwiseAbs().maxCoeff(), metric_.norms(AV, BW_, options_.sum).maxCoeff());
    const double norm_here = norm_;
    // The remembered norm, unless the values say that the operator has become smaller.
    if (warm) {
        const double largest = theta_.cwiseAbs().maxCoeff(), last = warm->values.cwiseAbs().maxCoeff();
        norm_ = std::max(norm_, warm->norm_A * std::min(1.0, largest / last));
    }
    rotate<S>(V, Y_);
    rotate<S>(AV, Y_);
    G_.topLeftCorner(s, s) = theta_.template cast<S>().asDiagonal();
    Y_ = Matrix<S>::Identity(s, s);
    add_scaled<S>(AV, V, -theta_);
    residual_.head(s) = metric_.norms(AV, BW_, options_.sum);
    tested_at_.head(s) = theta_;
    if (s > k_ && all_converged() && guard_resolved() && trust_start_) {
        // Vectors say nothing of what they are orthogonal to: a level that dropped below λ_k since the last solve.
        by_carried_ = leaves_no_room();
        if (!warm || !options_.probe || by_carried_) return true;
    }
    norm_ = norm_here;
    return false;
}

/// V ← [V, what the vectors of the step before add]: along a smooth path X moves by nearly the same difference again,
/// so that Rayleigh–Ritz on both extrapolates to second order.
template <ScalarType S>
void BlockLanczos<S>::append_previous() {
    const Warm<S>* warm = usable_warm(options_, n_);
    const bool fits = warm && m_ > 0 && warm->previous.rows() == n_ && warm->previous.cols() > 0;
    if (options_.sum.total(fits ? 0 : 1) > 0) return;
    const Index count = std::min(warm->previous.cols(), capacity_ - m_ - b_);
    if (count < 1) return;
    T_ = warm->previous.leftCols(count);
    add_product<S>(T_, V_.leftCols(m_), -metric_.inner(V_.leftCols(m_), T_, BW_, options_.sum));
    const Eigen::VectorXd change = metric_.norms(T_, BW_, options_.sum);
    std::vector<Index> moved;
    for (Index j = 0; j < count; ++j) {
        if (change(j) > kLeastChange) moved.push_back(j);
    }
    if (moved.empty()) return;
    T_ = Block<S>(T_(Eigen::all, moved));
    append();
}

template <ScalarType S>
void BlockLanczos<S>::start_randomly() {
    if (m_ > 0 && carried_.count > 0 && carried_.norm > 0.9 * usable_warm(options_, n_)->search.norm_A) {
        upper_ = carried_.upper;
        norm_ = std::max(norm_, carried_.norm);
    } else {
        const SpectralBounds bounds =
            spectral_bounds<S>(A_, metric_, std::min(kBoundSteps, global_n_), options_.seed, options_.sum);
        upper_ = bounds.upper;
        norm_ = std::max(norm_, bounds.norm);
    }
    T_.resize(n_, b_);
    R_.resize(n_, b_);
    append_previous();
    if (m_ > k_) return;
    fill_random<S>(T_, options_.seed, 0, options_.sum);
    append();
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template BlockLanczos<S>::BlockLanczos(CountedOperator<S>&, const Metric<S>&, const EigshOptions<S>&, double, \
                                           bool, const CarriedSearch&);                                           \
    template void BlockLanczos<S>::choose_sizes();                                                                \
    template bool BlockLanczos<S>::test_start_block();                                                            \
    template void BlockLanczos<S>::append_previous();                                                             \
    template void BlockLanczos<S>::start_randomly();
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
