#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include "general_search.hpp"
#include "sentence.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) refuse_input<6>("eigs: ", parts...);
}

template <ScalarType S>
void check(const GeneralPencil<S>& pencil, const EigsOptions<S>& options) {
    const Index n = pencil.rows(), global_n = options.sum.total(n);
    require(!pencil.B || pencil.B->rows() == n, "A has ", n, " rows and B has ", pencil.B ? pencil.B->rows() : n);
    require(options.k >= 1 && options.k < global_n, "k = ", options.k, " must lie between 1 and n − 1 = ", global_n - 1,
            " (n = ", global_n, ")");
    require(options.which != Which::smallest && options.which != Which::largest,
            "`smallest` and `largest` order real numbers: ask for leftmost, rightmost, largest_magnitude, "
            "largest_imaginary or nearest");
    require(std::isfinite(options.tol) && options.tol >= 0.0, "tol = ", options.tol, " must be a number ≥ 0");
    require(options.cluster_tol >= 0.0, "cluster_tol = ", options.cluster_tol, " must be ≥ 0");
    require(options.block_size >= 0, "block_size = ", options.block_size, " must be ≥ 0 (0: chosen)");
    require(options.basis_size == 0 || options.basis_size > options.k + 1, "basis_size = ", options.basis_size,
            " must exceed k + 1 = ", options.k + 1, " (0: chosen)");
    require(options.max_products >= 0, "max_products = ", options.max_products, " must be ≥ 0 (0: chosen)");
    require(options.start.size() == 0 || options.start.rows() == n, "the start block has ", options.start.rows(),
            " rows, the operator ", n);
    require(options.start.allFinite(), "the start block is not finite");
    require(options.memory_limit >= 0.0, "memory_limit = ", options.memory_limit, " must be ≥ 0");
    const bool nearest = options.which == Which::nearest, shifted = !std::isnan(options.sigma.real());
    require(!nearest || (std::isfinite(options.sigma.real()) && std::isfinite(options.sigma.imag())),
            "`nearest` needs a finite sigma");
    require(nearest || !shifted, "sigma = ", options.sigma, " has a meaning for `nearest` only");
    const bool factorizable = pencil.has_entries() && !options.sum.distributed();
    require(!nearest || factorizable || options.solve,
            "A − σB cannot be factorized: A and B must be sparse matrices in one process, or give `solve`");
    require(nearest || !pencil.B || (pencil.B_entries && !options.sum.distributed()) || options.solve,
            "B cannot be factorized: it must be a sparse matrix in one process, or give `solve`, B⁻¹");
    require(!options.solve || std::same_as<S, Complex> || !nearest || options.sigma.imag() == 0.0,
            "the caller's solve is real, and the shift ", options.sigma, " is not");
}

template <ScalarType T>
GeneralSolve<T> solve_of(const std::shared_ptr<const GeneralFactorization<T>>& factor) {
    return {[factor](In<T> R, Out<T> X) { factor->solve(R, X); },
            [factor](In<T> R, Out<T> X) { factor->solve_adjoint(R, X); }};
}

/// A typical size of the entries, for moving a shift off an eigenvalue.
template <ScalarType S>
double entry_scale(const SparseGeneral<S>& A) {
    double largest = 0.0;
    for (Index e = 0; e < A.stored_entries(); ++e) largest = std::max(largest, std::abs(A.stored_values()[e]));
    return largest;
}

/// Factorizes A − σB; a σ that is an eigenvalue moves.
template <ScalarType S, ScalarType T>
GeneralEigenpairs<S> by_factor(const GeneralPencil<S>& pencil, const EigsOptions<S>& options) {
    Complex sigma = options.sigma;
    double step = 1e-9 * std::max(std::abs(sigma), entry_scale(*pencil.A_entries) * 1e-3);
    std::shared_ptr<const GeneralFactorization<T>> factor;
    Index factorizations = 0;
    for (int attempt = 0; attempt < 4; ++attempt) {
        factor = std::make_shared<const GeneralFactorization<T>>(*pencil.A_entries, pencil.B_entries, sigma,
                                                                 options.memory_limit);
        ++factorizations;
        if (!factor->singular()) break;
        step *= 100.0;
        sigma = options.sigma + step;
    }
    require(!factor->singular(), "A − σB is singular to working precision at σ = ", options.sigma,
            " and near it; is the pencil singular?");
    GeneralSolve<T> solve = solve_of<T>(factor);
    GeneralEigenpairs<S> pairs = search_general<S, T>(pencil, options, sigma, solve);
    if constexpr (std::same_as<S, T>) {
        pairs.solve = std::move(solve);
    } else {
        pairs.complex_solve = std::move(solve);
    }
    pairs.factorizations = factorizations;
    pairs.engine = "krylov_schur on (A − σB)⁻¹B, " + factor->method();
    return pairs;
}

template <ScalarType S>
GeneralEigenpairs<S> by_products(const GeneralPencil<S>& pencil, const EigsOptions<S>& options) {
    const Complex no_shift{std::numeric_limits<double>::quiet_NaN(), 0.0};
    GeneralSolve<S> solve;
    std::string engine = "krylov_schur";
    Index factorizations = 0;
    if (options.which == Which::nearest || (pencil.B && options.solve)) {
        solve = options.solve;
        engine += options.which == Which::nearest ? " on the caller's (A − σB)⁻¹B" : " on the caller's B⁻¹A";
    } else if (pencil.B) {
        const auto factor =
            std::make_shared<const GeneralFactorization<S>>(*pencil.B_entries, nullptr, 0.0, options.memory_limit);
        require(!factor->singular(),
                "B is singular to working precision: only `nearest` can be found, not the ends of "
                "a spectrum with infinite eigenvalues");
        solve = solve_of<S>(factor);
        engine += " on B⁻¹A, " + factor->method();
        factorizations = 1;
    }
    const Complex sigma = options.which == Which::nearest ? options.sigma : no_shift;
    GeneralEigenpairs<S> pairs = search_general<S, S>(pencil, options, sigma, solve);
    pairs.solve = std::move(solve);
    pairs.factorizations = factorizations;
    pairs.engine = engine + pairs.engine;
    return pairs;
}

}  // namespace

namespace detail {

void require_real_order(Which which) {
    if (which == Which::smallest || which == Which::largest || which == Which::nearest) return;
    throw std::invalid_argument(
        "eigsh: Hermitian operators have real eigenvalues: ask for smallest, largest or nearest; the orders of complex "
        "numbers are for eigs()");
}

template <ScalarType S>
GeneralEigenpairs<S> eigs(const GeneralPencil<S>& pencil, const EigsOptions<S>& options) {
    check(pencil, options);
    if (options.which != Which::nearest || options.solve) return by_products(pencil, options);
    if constexpr (std::same_as<S, double>) {
        if (options.sigma.imag() != 0.0) return by_factor<double, Complex>(pencil, options);
    }
    return by_factor<S, S>(pencil, options);
}

template GeneralEigenpairs<double> eigs<double>(const GeneralPencil<double>&, const EigsOptions<double>&);
template GeneralEigenpairs<Complex> eigs<Complex>(const GeneralPencil<Complex>&, const EigsOptions<Complex>&);

}  // namespace detail

}  // namespace lambdabar
