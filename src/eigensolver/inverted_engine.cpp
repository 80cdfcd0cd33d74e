// Block Lanczos on (A − σB)⁻¹B.
#include "block_lanczos.hpp"
#include "engines.hpp"
#include "shift.hpp"
#include "transformed_operators.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr int kSweeps = 5;  // for missing copies
constexpr int kShifts = 8;
constexpr double kRough = 1e-2;  // tolerance of a solve that only looks where the spectrum lies

template <ScalarType S>
Eigenpairs<S> run(const Pencil<S>& pencil, const BlockSolve<S>& solve, double sigma, const EigshOptions<S>& options,
                  bool trust_start) {
    const InvertedPencil<S> inverted(pencil, solve);
    const bool nearest = options.which == Which::nearest;
    const SpectralTransform transform{
        .sign = nearest ? 1.0 : -1.0, .inverted = true, .nearest = nearest, .sigma = sigma, .trust_start = trust_start};
    CountedOperator<S> counted(OperatorRef<S>(inverted), transform.sign);
    const Metric<S> metric = metric_of(pencil, options.definite);
    Eigenpairs<S> pairs = BlockLanczos<S>(counted, metric, options, transform).solve();
    pairs.solves = counted.products();
    pairs.products = 0;
    pairs.sigma = sigma;
    pairs.solve = solve;
    pairs.definite = options.definite;
    return pairs;
}

/// What a B given by its entries shows of its null space: a semidefinite B with a zero on the diagonal has a zero row.
template <ScalarType S>
bool has_massless_row(const Pencil<S>& pencil) {
    if (!pencil.B_entries) return false;
    const Eigen::VectorXd b = pencil.B_entries->diagonal();
    return b.minCoeff() <= 1e-14 * b.maxCoeff();
}

/// The caller's solve on two random columns: ‖(A − σB)x − r‖ beside ‖A − σB‖‖x‖ + ‖r‖.
template <ScalarType S>
void require_solves(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    constexpr Index kColumns = 2;
    constexpr double kTolerance = 1e-8;
    const Index n = pencil.rows();
    Block<S> R(n, kColumns), X(n, kColumns), Y(n, kColumns), MX(n, kColumns);
    fill_random<S>(R, options.seed, 0x736f6c7665u, options.sum);
    const auto shifted = [&](const Block<S>& V, Block<S>& MV) {
        pencil.A.apply(V, MV);
        if (pencil.B) {
            pencil.B->apply(V, Y);
            add_scaled<S>(MV, Y, Eigen::VectorXd::Constant(kColumns, -options.sigma));
        } else {
            add_scaled<S>(MV, V, Eigen::VectorXd::Constant(kColumns, -options.sigma));
        }
    };
    const Eigen::VectorXd r = norms<S>(R, options.sum);
    shifted(R, MX);
    const double size = norms<S>(MX, options.sum).cwiseQuotient(r).maxCoeff();
    options.solve(R, X);
    const Eigen::VectorXd x = norms<S>(X, options.sum, "eigsh: the result of the caller's solve");
    shifted(X, MX);
    add_scaled<S>(MX, R, Eigen::VectorXd::Constant(kColumns, -1.0));
    const double error = norms<S>(MX, options.sum).cwiseQuotient(r + size * x).maxCoeff();
    if (error <= kTolerance) return;
    std::ostringstream message;
    message << "eigsh: the caller's solve does not invert A − σB at σ = " << options.sigma
            << ": its relative residual is " << error << " (at most " << kTolerance << " is needed)";
    throw std::invalid_argument(message.str());
}

/// True if σ lies so close to one of the eigenvalues that the rounding of its large μ exceeds the tolerance of another.
template <ScalarType S>
bool limited_by_rounding(const Eigenpairs<S>& pairs) {
    const Eigen::VectorXd distance = (pairs.values.array() - pairs.sigma).abs();
    return 20.0 * std::numeric_limits<double>::epsilon() * distance.maxCoeff() > pairs.tol * distance.minCoeff();
}

/// `smallest` took the largest μ: nothing may lie on the other side of σ.
template <ScalarType S>
void require_nothing_below(const Eigenpairs<S>& pairs) {
    if (pairs.which != Which::smallest || pairs.extra_values.size() == 0) return;
    const double lowest = pairs.extra_values.minCoeff();
    if (lowest >= pairs.sigma) return;
    std::ostringstream message;
    message << "eigsh: sigma = " << pairs.sigma << " does not lie below the spectrum: there is an eigenvalue near "
            << lowest;
    throw std::invalid_argument(message.str());
}

}  // namespace

template <ScalarType S>
Eigenpairs<S> solve_by_factor(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const auto factor = make_factor(pencil, options);
    const Index factorizations_before = factor->factorizations();
    const Shift shift = choose_shift(pencil, *factor, options);
    const BlockSolve<S> solve = [factor](In<S> R, Out<S> X) { factor->solve(R, X); };

    EigshOptions<S> sweep = options;
    const bool countable = options.certify && factor->inertia().has_value();
    sweep.probe = options.probe && !countable;
    Index solves = 0, counted = 0;
    const auto run_sweep = [&](bool trust_start) {
        Eigenpairs<S> pairs = run(pencil, solve, factor->sigma(), sweep, trust_start);
        solves += pairs.solves;
        return pairs;
    };
    const auto start_from = [&](const Eigenpairs<S>& pairs) {
        sweep.warm = nullptr;
        sweep.start.resize(pairs.vectors.rows(), pairs.size() + pairs.extra.cols());
        sweep.start << pairs.vectors, pairs.extra;
    };
    // An automatic shift is improved while the pairs show a better one; the last solve is to the caller's tolerance.
    // Without inertia nothing counts the eigenvalues that a converged start block lacks: it is searched around.
    const bool automatic = std::isnan(options.sigma) && options.definite == Definite::B;
    bool rough = shift.rough;
    Eigenpairs<S> pairs;
    for (int i = 0;; ++i) {
        sweep.tol = rough ? std::max(options.tol, kRough) : options.tol;
        pairs = run_sweep(i == 0 || countable);
        const bool improvable = automatic && i < kShifts && (rough || limited_by_rounding(pairs));
        const bool improved = improvable && improve_shift(pairs, *factor);
        if (!rough && !improved) break;
        rough = rough && improved;
        start_from(pairs);
    }
    if (pairs.definite == Definite::B && pairs.converged) require_nothing_below(pairs);
    for (int i = 0; countable && pairs.converged && i < kSweeps; ++i) {
        const Certificate certificate = certify(pencil, *factor, pairs, options);
        counted += certificate.factorizations;
        pairs.certified = certificate.certified;
        if (certificate.missing == 0) break;
        sweep.probe = true;
        sweep.seed = options.seed + static_cast<std::uint64_t>(i) + 1;
        start_from(pairs);
        pairs = run_sweep(false);
        if (i + 1 == kSweeps) pairs.converged = false;
    }
    pairs.solves = solves;
    pairs.factorizations = factor->factorizations() - factorizations_before + counted;
    pairs.singular_B = has_massless_row(pencil);
    pairs.engine = "block_lanczos on (A − σB)⁻¹B, " + factor->method();
    if (options.warm) options.warm->factor = factor;
    return pairs;
}

template <ScalarType S>
Eigenpairs<S> solve_by_callers_solve(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    require_solves(pencil, options);
    Eigenpairs<S> pairs = run(pencil, options.solve, options.sigma, options, true);
    require_nothing_below(pairs);
    pairs.singular_B = has_massless_row(pencil);
    pairs.engine = "block_lanczos on (A − σB)⁻¹B, the caller's solve";
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                                         \
    template Eigenpairs<S> solve_by_factor<S>(const Pencil<S>&, const EigshOptions<S>&); \
    template Eigenpairs<S> solve_by_callers_solve<S>(const Pencil<S>&, const EigshOptions<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
