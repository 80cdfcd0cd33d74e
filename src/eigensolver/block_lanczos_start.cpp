// How BlockLanczos begins: sizes, the caller's vectors, a random block.
#include "block_lanczos.hpp"
#include "spectral_bounds.hpp"
#include "start_vectors.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kBoundSteps = 12;  // Lanczos steps for the upper bound of the spectrum
constexpr Index kManyPairs =
    16;  // for which blocks of eight save more passes over the basis than they cost in products
constexpr Index kMostOfFirst = 100;  // degree of the first filter: Ritz values that call for more are one value twice
constexpr double kEntriesUnknown = 100.0;  // in a row, for the cost of products of operators without entries: their
                                           // filters are then long, 6 % more products and a third fewer steps
constexpr Index kSmall = 200;              // up to this dimension the basis may span the whole space

}  // namespace

template <ScalarType S>
BlockLanczos<S>::BlockLanczos(CountedOperator<S>& A, const Metric<S>& metric, const EigshOptions<S>& options,
                              double sign, bool trust_start, const CarriedSearch& carried,
                              const SparseHermitian<S>* entries)
    : A_(A),
      metric_(metric),
      options_(options),
      sign_(sign),
      trust_start_(trust_start),
      carried_(carried),
      entries_(metric.identity() && !options.sum.distributed() ? entries : nullptr) {
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
    b_ = options_.block_size > 0 ? options_.block_size : (k_ == 1 ? 2 : k_ < kManyPairs ? 4 : 8);
    b_ = std::min(b_, global_n_);
    const Index promised = options_.extra < 0 && options_.warm ? k_ : options_.extra;
    const Index kept = k_ + std::max(promised, b_);  // a restart keeps what the result promises
    capacity_ = options_.basis_size > 0 ? options_.basis_size : std::max(usual_basis(), kept + 3 * b_);
    if (options_.basis_size == 0 && global_n_ <= kSmall) capacity_ = global_n_;
    capacity_ = std::min(std::max(capacity_, k_ + 2 * b_ + 1), global_n_);
    keep_ = std::min(std::max(kept, capacity_ / 2), capacity_ - b_);
    max_products_ = product_limit(options_, global_n_);
    tol_ = attainable_tolerance(options_.tol);
}

/// Filters carry most of the convergence, and the pairs with 4½ blocks, to whole blocks, are enough: more vectors save
/// few products, and every step passes over them. Without filters the Krylov space does the work, and is to be larger.
template <ScalarType S>
Index BlockLanczos<S>::usual_basis() const {
    const bool filtered = metric_.identity() && options_.filter_degree != 1;
    if (filtered) return std::max({Index{12}, k_ + 8, (k_ + 5 * b_ + b_ / 2 - 1) / b_ * b_});
    return std::max({k_ + 8 * b_, 2 * k_ + 4 * b_, Index{24}});
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
    G_.topLeftCorner(s, s) = metric_.inner(V, AV, BW_, options_.sum, kProduct);
    rayleigh_ritz();
    norm_ = std::max(theta_.cwiseAbs().maxCoeff(), metric_.norms(AV, BW_, options_.sum).maxCoeff());
    const double norm_here = norm_;
    if (warm) norm_ = std::max(norm_, remembered_norm(*warm, theta_));
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

/// V ← [V, what the vectors of the step before add].
template <ScalarType S>
void BlockLanczos<S>::append_previous() {
    Block<S> T = previous_directions<S>(options_, V_.leftCols(m_), metric_, capacity_ - m_ - b_);
    if (T.cols() == 0) return;
    T_.swap(T);
    append();
}

/// The copy of the entries for filters, and what these cost: once it is clear that there will be some.
template <ScalarType S>
void BlockLanczos<S>::prepare_filters() {
    if (!metric_.identity()) return;  // products are solves with B
    if (entries_) single_ = SingleRecurrence<S>::make(*entries_, sign_);
    const double per_row =
        entries_ ? static_cast<double>(entries_->nonzeros()) / static_cast<double>(n_) : kEntriesUnknown;
    cost_ = FilterCost::of(per_row, sizeof(S), b_, capacity_, single_.has_value());
}

template <ScalarType S>
void BlockLanczos<S>::start_randomly() {
    if (m_ > 0 && carried_.count > 0 && carried_.norm > 0.9 * usable_warm(options_, n_)->search.norm_A) {
        upper_ = beyond_ = carried_.upper;
        norm_ = std::max(norm_, carried_.norm);
    } else {
        const SpectralBounds bounds =
            spectral_bounds<S>(A_, metric_, std::min(kBoundSteps, global_n_), options_.seed, options_.sum);
        upper_ = bounds.upper;
        beyond_ = bounds.beyond;
        lowest_ = bounds.lowest;
        first_cut_ = bounds.second;
        norm_ = std::max(norm_, bounds.norm);
    }
    T_.resize(n_, b_);
    R_.resize(n_, b_);
    append_previous();
    if (m_ > k_) return;
    fill_random<S>(T_, options_.seed, 0, options_.sum);
    if (m_ == 0) filter_start();
    if (m_ == 0) gaussian_ = b_;
    append();
}

/// T ← p(A) T for a random block, p growing towards the wanted end as far as it is known. In single precision (p(c) −
/// p(A)) T, c the center of [cut, upper]: p(c) is as small as p is on all of it.
template <ScalarType S>
void BlockLanczos<S>::filter_start() {
    const FilterInterval interval{lowest_, first_cut_, upper_};
    if (options_.filter_degree == 1 || !(lowest_ < first_cut_ && first_cut_ < upper_)) return;
    const Index room = (max_products_ - A_.products()) / b_;
    const Index degree = std::min(choose_degree(interval, lowest_, 1e8), room);
    if (degree < 2 || degree > kMostOfFirst) return;
    degree_ = degree;
    interval_ = interval;
    const Eigen::VectorXd center = Eigen::VectorXd::Constant(T_.cols(), (interval.cut + interval.upper) / 2.0);
    A_.apply_fused(T_, center, 1.0, 0.0, R_);
    if (single_ && single_->resolves(interval.cut - interval.lowest)) {
        const Eigen::VectorXd size = metric_.norms(R_, BW_, options_.sum, kProduct);
        if (single_->apply(A_, R_, size, center, degree, interval, R_)) return T_.swap(R_);
        A_.apply_fused(T_, center, 1.0, 0.0, R_);
    }
    chebyshev_filter<S>(A_, T_, R_, center, degree, interval);
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template BlockLanczos<S>::BlockLanczos(CountedOperator<S>&, const Metric<S>&, const EigshOptions<S>&, double, \
                                           bool, const CarriedSearch&, const SparseHermitian<S>*);                \
    template void BlockLanczos<S>::choose_sizes();                                                                \
    template Index BlockLanczos<S>::usual_basis() const;                                                          \
    template bool BlockLanczos<S>::test_start_block();                                                            \
    template void BlockLanczos<S>::append_previous();                                                             \
    template void BlockLanczos<S>::prepare_filters();                                                             \
    template void BlockLanczos<S>::start_randomly();                                                              \
    template void BlockLanczos<S>::filter_start();
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
