// Block Lanczos on (A − σB)⁻¹B.
#include "engines.hpp"
#include "inverted_lanczos.hpp"
#include "shift.hpp"
#include "transformed_operators.hpp"

#include <cmath>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr int kSweeps = 5;  // for missing copies, that find none
constexpr int kShifts = 8;
constexpr double kRough = 1e-2;  // tolerance of a solve that only looks where the spectrum lies

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
void require_nothing_below(Which which, double lowest_met, double sigma) {
    if (which != Which::smallest || lowest_met >= sigma) return;
    std::ostringstream message;
    message << "eigsh: sigma = " << sigma << " does not lie below the spectrum: there is an eigenvalue near "
            << lowest_met;
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
    // An automatic shift is improved while the pairs show a better one; the last solve is to the caller's tolerance.
    // Without inertia nothing counts the eigenvalues that a converged start block lacks: it is searched around.
    const bool automatic = std::isnan(options.sigma) && options.definite == Definite::B;
    bool rough = shift.rough;
    Index solves = 0, counted = 0;
    std::optional<InvertedLanczos<S>> lanczos;
    Eigenpairs<S> pairs;
    for (int i = 0;; ++i) {
        sweep.tol = rough ? std::max(options.tol, kRough) : options.tol;
        lanczos.emplace(pencil, solve, factor->sigma(), sweep, i == 0 || countable);
        pairs = lanczos->solve();
        const bool improvable = automatic && i < kShifts && (rough || limited_by_rounding(pairs));
        const bool improved = improvable && improve_shift(pairs, lanczos->lowest_met(), *factor);
        if (!rough && !improved) break;
        rough = rough && improved;
        solves += pairs.solves;
        sweep.warm = nullptr;
        sweep.start.resize(pairs.vectors.rows(), pairs.size() + pairs.extra.cols());
        sweep.start << pairs.vectors, pairs.extra;
    }
    if (pairs.definite == Definite::B && pairs.converged) {
        require_nothing_below(pairs.which, lanczos->lowest_met(), pairs.sigma);
    }
    Index least = pencil.rows();
    for (int idle = 0; countable && pairs.converged && idle < kSweeps;) {
        const Certificate certificate = certify(pencil, *factor, pairs, options);
        counted += certificate.factorizations;
        pairs.certified = certificate.certified;
        if (certificate.certified || (certificate.missing == 0 && !options.probe)) break;
        pairs = lanczos->search_further(certificate.missing);
        idle = certificate.missing < least ? 0 : idle + 1;
        least = std::min(least, certificate.missing);
        // Nothing was counted, nor will it be unless the guard stood in the way: the search has to do.
        const bool vain = pairs.cuts_cluster || certificate.factorizations > 0 || idle > 0;
        if (certificate.missing == 0 && vain) break;
        if (idle == kSweeps) pairs.converged = false;
    }
    solves += pairs.solves;
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
    InvertedLanczos<S> lanczos(pencil, options.solve, options.sigma, options, true);
    Eigenpairs<S> pairs = lanczos.solve();
    require_nothing_below(pairs.which, lanczos.lowest_met(), pairs.sigma);
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
