#include <lambdabar/eigensolver/eigsh.hpp>

#include "engines.hpp"
#include "operator/own_preconditioner.hpp"
#include "sentence.hpp"
#include "start_vectors.hpp"
#include "transformed_operators.hpp"
#include "whole_clusters.hpp"

#include <lambdabar/block/kernels.hpp>

#include <cmath>

namespace lambdabar {

namespace {

template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) refuse_input<6>("eigsh: ", parts...);
}

/// A preconditioner serves one way only, which knows no shift, no solve and no filter.
template <ScalarType S>
void check_preconditioned(const EigshOptions<S>& options) {
    require(options.which != Which::nearest,
            "a preconditioner serves an end of the spectrum, `smallest` or `largest`, not `nearest`");
    require(!options.solve, "give a preconditioner or a solve with A − σB, not both");
    require(std::isnan(options.sigma), "sigma = ", options.sigma,
            " has no meaning with a preconditioner, which contains its own");
    require(options.factor != UseFactor::always, "give a preconditioner or factor = always, not both");
    require(options.definite == Definite::B, "a preconditioner needs the definite B of definite = Definite::B");
    require(options.engine == Engine::automatic, "a preconditioner serves block Davidson only: engine = automatic");
    require(options.filter_degree <= 1, "filter_degree = ", options.filter_degree,
            ": block Davidson with a preconditioner has no filter (0 or 1)");
}

template <ScalarType S>
void check(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const Index n = pencil.rows(), global_n = options.sum.total(n);
    require(!pencil.B || pencil.B->rows() == n, "A has ", n, " rows and B has ", pencil.B ? pencil.B->rows() : n);
    require(options.k >= 1 && options.k < global_n, "k = ", options.k, " must lie between 1 and n − 1 = ", global_n - 1,
            " (n = ", global_n, ")");
    require(std::isfinite(options.tol) && options.tol >= 0.0, "tol = ", options.tol, " must be a number ≥ 0");
    require(options.cluster_tol >= 0.0, "cluster_tol = ", options.cluster_tol, " must be ≥ 0");
    require(std::isfinite(options.cluster_gap) && options.cluster_gap >= 0.0, "cluster_gap = ", options.cluster_gap,
            " must be a number ≥ 0");
    require(options.extend >= 0, "extend = ", options.extend, " must be ≥ 0 (0: the set is not extended)");
    require(options.block_size >= 0, "block_size = ", options.block_size, " must be ≥ 0 (0: chosen)");
    require(options.basis_size == 0 || options.basis_size > options.k, "basis_size = ", options.basis_size,
            " must exceed k = ", options.k, " (0: chosen)");
    require(options.filter_degree >= 0, "filter_degree = ", options.filter_degree, " must be ≥ 0 (0: chosen)");
    require(options.max_products >= 0, "max_products = ", options.max_products, " must be ≥ 0 (0: chosen)");
    require(options.start.size() == 0 || options.start.rows() == n, "the start block has ", options.start.rows(),
            " rows, the operator ", n);
    require(options.engine != Engine::spectra || (std::same_as<S, double> && !options.sum.distributed()),
            "the spectra engine is real and runs in one process");
    require(options.engine != Engine::spectra || (!pencil.B && options.which != Which::nearest),
            "the spectra engine solves A x = λ x at an end of the spectrum");
    if (options.preconditioner) check_preconditioned(options);
    require(!std::isinf(options.sigma), "sigma = ", options.sigma, " must be finite");
    require(options.which != Which::nearest || !std::isnan(options.sigma), "`nearest` needs a sigma");
    require(!options.solve || !std::isnan(options.sigma), "the caller's solve with A − σB needs its sigma");
    require(!options.solve || options.which != Which::largest,
            "a solve with A − σB serves `smallest` and `nearest`, not `largest`");
    const bool shifted = !std::isnan(options.sigma);
    require(!shifted || options.which != Which::largest, "sigma = ", options.sigma, " has no meaning for `largest`");
    require(options.factor != UseFactor::always || options.which != Which::largest || pencil.B,
            "for `largest` there is nothing to factorize: use factor = automatic");
    require(options.engine != Engine::spectra || (!shifted && options.factor != UseFactor::always),
            "the spectra engine works with products only: no sigma, no factorization");
    if (options.definite == Definite::A) {
        require(pencil.B.has_value(), "definite = Definite::A is for pencils A x = λ B x");
        require(options.which != Which::largest, "with definite = Definite::A ask for `smallest` or `nearest`");
        require(std::isnan(options.sigma) || options.sigma == 0.0, "with definite = Definite::A sigma must be 0, not ",
                options.sigma);
    }
    const bool factorizable = has_all_entries(pencil, options);
    const bool needed = options.factor == UseFactor::always || options.definite == Definite::A ||
                        (options.which == Which::nearest && !options.solve);
    require(!needed || factorizable || options.solve,
            "A − σB cannot be factorized: A and B must be sparse matrices in one process, or give `solve`");
    require((options.which != Which::nearest && options.definite == Definite::B) || options.solve ||
                options.factor != UseFactor::never,
            "`nearest`, and a B that may be indefinite, need a factorization or `solve`");
    require(!shifted || options.solve || options.factor != UseFactor::never, "sigma = ", options.sigma,
            " needs a factorization or `solve`");
}

/// A filter on B⁻¹A without a factor of B needs an iteration at every product, to rounding; block Davidson needs none.
template <ScalarType S>
bool avoids_solves_with_B(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    return pencil.B && !may_factorize_B(pencil, options) && options.which == Which::smallest &&
           options.engine == Engine::automatic && options.filter_degree == 0;
}

template <ScalarType S>
Eigenpairs<S> solve_by_own_preconditioner(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const Preconditioner<S> own = own_preconditioner(pencil, options.sum);
    EigshOptions<S> preconditioned = options;
    preconditioned.preconditioner = own ? own : [](In<S> R, Out<S> Z) { copy<S>(Z, R); };
    Eigenpairs<S> pairs = solve_by_preconditioner<S>(pencil, preconditioned);
    pairs.preconditioner = own;
    return pairs;
}

/// The adjoints follow their eigenvectors: signs, phases and rotations inside clusters are those of the new X.
template <ScalarType S>
void remember(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const Sum& sum, Warm<S>& warm) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    if (holds_adjoints(warm, n, k) && warm.vectors.rows() == n && warm.vectors.cols() >= k) {
        const Block<S> X_old = warm.vectors.leftCols(k), X_new = pairs.vectors;
        const Metric<S> metric = metric_of(pencil, pairs.definite);
        Block<S> scratch;
        const Matrix<S> turn = metric.inner(X_old, X_new, scratch, sum);
        warm.adjoints = (warm.adjoints * turn).eval();
        for (Index call = 0; call < previous_adjoints_held(warm, n, k); ++call)
            warm.previous_adjoints.middleCols(call * k, k) *= turn;
    }
    if (warm.vectors.rows() == n) {
        const Index further = warm.previous.rows() == n ? std::min(k, warm.previous.cols()) : 0;
        warm.previous = followed_by<S>(warm.vectors, warm.previous, further);
    }
    warm.vectors.resize(n, k + pairs.extra.cols());
    warm.vectors << pairs.vectors, pairs.extra;
    warm.values.resize(warm.vectors.cols());
    warm.values << pairs.values, pairs.extra_values;
    warm.norm_A = pairs.norm_A;
    warm.which = pairs.which;
}

}  // namespace

std::vector<Cluster> find_clusters(const Eigen::VectorXd& values, const Eigen::VectorXd& residuals, double distance) {
    std::vector<Cluster> clusters;
    for (Index i = 0; i < values.size(); ++i) {
        const bool joins = i > 0 && same_cluster(values(i) - values(i - 1), residuals(i - 1), residuals(i), distance);
        if (joins) {
            ++clusters.back().count;
        } else {
            clusters.push_back({i, 1});
        }
    }
    return clusters;
}

namespace detail {

template <ScalarType S>
Eigenpairs<S> eigsh(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    check(pencil, options);
    const bool factorizable = has_all_entries(pencil, options);
    const bool wants_factor = options.factor == UseFactor::always || options.which == Which::nearest ||
                              (options.which == Which::smallest && (pencil.B || !std::isnan(options.sigma)));
    const auto choose = [&] {
        if (options.preconditioner) return solve_by_preconditioner<S>;
        if (options.solve) return solve_by_callers_solve<S>;
        if (factorizable && wants_factor && options.factor != UseFactor::never && options.which != Which::largest)
            return solve_by_factor<S>;
        if (avoids_solves_with_B(pencil, options)) return solve_by_own_preconditioner<S>;
        return pencil.B ? solve_by_mass_inverse<S> : solve_standard<S>;
    };
    Eigenpairs<S> pairs = solve_whole_clusters<S>(pencil, options, choose());
    if (options.warm) remember(pencil, pairs, options.sum, *options.warm);
    return pairs;
}

template Eigenpairs<double> eigsh<double>(const Pencil<double>&, const EigshOptions<double>&);
template Eigenpairs<std::complex<double>> eigsh<std::complex<double>>(const Pencil<std::complex<double>>&,
                                                                      const EigshOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
