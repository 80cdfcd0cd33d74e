// How BlockDavidson begins: sizes, the caller's vectors, a random block.
#include "block/dense.hpp"
#include "block_davidson.hpp"
#include "start_vectors.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr Index kNormSteps = 6;     // of a Krylov space for ‖A‖
constexpr Index kSmall = 100;       // up to this dimension the basis may span the whole space
constexpr Index kWidest = 8;        // block: one cache line a row
constexpr Index kSearchBasis = 10;  // vectors that a search for missed copies needs beside the k and the guard
constexpr const char* kStart = "eigsh: the start block";

}  // namespace

/// By default V and A V together take what BlockLanczos has for its basis and its six blocks.
DavidsonSizes davidson_sizes(Index k, Index n, Index block_size, Index basis_size, Index extra) {
    DavidsonSizes sizes;
    sizes.block = std::min(block_size > 0 ? block_size : std::min(k + 1, kWidest), n);
    const Index b = sizes.block, wanted = k + std::max<Index>(extra, b);
    sizes.capacity = basis_size > 0 ? basis_size : std::max(wanted + 3 * b, k + 14);
    if (basis_size == 0) sizes.capacity = (sizes.capacity + 7) / 8 * 8;  // whole cache lines
    if (basis_size == 0 && n <= kSmall) sizes.capacity = n;
    sizes.capacity = std::min(std::max(sizes.capacity, k + 1 + std::max(kSearchBasis, 3 * b)), n);
    // A restart keeps what the result promises, and leaves room for the step before and two steps.
    sizes.kept = std::min(std::max(wanted, (2 * sizes.capacity) / 5), sizes.capacity - 3 * b);
    sizes.kept = std::max(sizes.kept, std::min(k + 1, sizes.capacity));
    return sizes;
}

template <ScalarType S>
BlockDavidson<S>::BlockDavidson(CountedOperator<S>& A, const Pencil<S>& pencil, const Metric<S>& metric,
                                const EigshOptions<S>& options, double sign)
    : A_(A),
      metric_(metric),
      options_(options),
      sign_(sign),
      n_(A.rows()),
      global_n_(options.sum.total(n_)),
      k_(options.k),
      sizes_(davidson_sizes(k_, global_n_, options.block_size, options.basis_size, options.extra)),
      dual_norm_(pencil, options.sum),
      space_(A, metric, sizes_.capacity, options.seed, options.sum) {
    residual_ = tested_at_ = Eigen::VectorXd::Constant(sizes_.capacity, kUntested);
    max_products_ = product_limit(options_, global_n_);
    tol_ = attainable_tolerance(options_.tol);
}

/// Tests the caller's (or the last solve's) vectors at the cost of one block product.
template <ScalarType S>
bool BlockDavidson<S>::test_start_block() {
    const Warm<S>* warm = usable_warm(options_, n_);
    const Matrix<S>& given = start_vectors(warm, options_);
    const Index wanted = std::min({given.cols(), space_.capacity() - sizes_.block, std::max(k_ + 1, sizes_.kept)});
    if (wanted < 1) return false;
    append(to_block<S>(given.leftCols(wanted)), kStart);
    if (size() == 0) return false;
    rayleigh_ritz();
    if (warm) norm_ = std::max(norm_, remembered_norm(*warm, theta_));
    // Vectors say nothing of what they are orthogonal to: a level that dropped below λ_k since the last solve.
    if (size() > k_ && (!warm || !options_.probe) && choose_targets().empty() && verify()) return true;
    norm_ = theta_.cwiseAbs().maxCoeff();
    return false;
}

/// V ← [V, what the vectors of the step before add].
template <ScalarType S>
void BlockDavidson<S>::append_previous() {
    Block<S> T = previous_directions<S>(options_, space_.vectors(), metric_, space_.capacity() - size() - sizes_.block);
    if (T.cols() > 0) append(std::move(T), kStart);
}

/// ‖A‖, or ‖B⁻¹A‖, from below: a few steps up the other end of the spectrum, each by the residual of the Ritz pair
/// there. For B = I this is Lanczos. Where V was empty, it is so again; else the lowest of all stay.
template <ScalarType S>
void BlockDavidson<S>::measure_norm() {
    const Index before = size(), steps = std::min(kNormSteps, space_.capacity() - before);
    Block<S> T(n_, 1);
    fill_random<S>(T, options_.seed, 0x6e6f726du, options_.sum);
    for (Index step = 0; step < steps && !whole_space(); ++step) {
        append(T, "eigsh: the residual");
        rayleigh_ritz();
        const Matrix<S> y = Y_.rightCols(1);
        space_.residuals(y, S{theta_(theta_.size() - 1)} * y, T);
        if (norms<S>(T, options_.sum)(0) <= 10.0 * kEps * norm_) break;
    }
    if (whole_space()) return;
    if (before > 0) {
        restart(std::min(before + sizes_.block, sizes_.kept), {});
    } else {
        space_.clear();  // the evidence of completeness is for a space of Gaussian columns alone
        Y_.resize(0, 0);
    }
    residual_.setConstant(kUntested);
}

template <ScalarType S>
void BlockDavidson<S>::append_random() {
    Block<S> T(n_, sizes_.block);
    fill_random<S>(T, options_.seed, static_cast<std::uint64_t>(sizes_.block * random_blocks_++), options_.sum);
    append(T, kStart);
}

template <ScalarType S>
void BlockDavidson<S>::start_randomly() {
    measure_norm();
    if (whole_space()) return;
    append_previous();
    const Index before = size();
    if (before <= k_ || !usable_warm(options_, n_)) append_random();
    gaussian_ = before == 0 ? size() : 0;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                      \
    template BlockDavidson<S>::BlockDavidson(CountedOperator<S>&, const Pencil<S>&, const Metric<S>&, \
                                             const EigshOptions<S>&, double);                         \
    template bool BlockDavidson<S>::test_start_block();                                               \
    template void BlockDavidson<S>::append_previous();                                                \
    template void BlockDavidson<S>::append_random();                                                  \
    template void BlockDavidson<S>::measure_norm();                                                   \
    template void BlockDavidson<S>::start_randomly();
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
