// Block Lanczos on A, or on B⁻¹A: products only.
#include "block_lanczos.hpp"
#include "carried_search.hpp"
#include "engines.hpp"
#include "shift.hpp"
#include "spectra_engine.hpp"
#include "transformed_operators.hpp"

#include <lambdabar/projected_solver/projected_solve.hpp>

#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

/// B⁻¹ by conjugate gradients to rounding.
template <ScalarType S>
BlockSolve<S> iterative_inverse(const Pencil<S>& pencil, const Sum& sum) {
    ProjectedSolveOptions<S> options{
        .tol = Eigen::VectorXd::Constant(1, 1e-14), .method = LinearMethod::cg, .sum = sum};
    if (pencil.B_entries) options.preconditioner = jacobi(*pencil.B_entries);
    return [B = *pencil.B, options](In<S> R, Out<S> X) {
        const Block<S> none(R.rows(), 0);
        const Deflation<S> nothing{.X = none, .extra = none, .extra_values = Eigen::VectorXd()};
        try {
            const auto solution =
                detail::projected_solve<S>({.A = B}, Eigen::VectorXd::Zero(R.cols()), nothing, Block<S>(R), options);
            if (solution.residuals.cwiseQuotient(solution.rhs_norms.cwiseMax(1e-300)).maxCoeff() > 1e-8)
                throw std::invalid_argument("the inner solve does not converge");
            X = solution.W;
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(std::string("eigsh: B is not positive definite, or not finite: ") +
                                        error.what());
        }
    };
}

/// B⁻¹ by a factorization.
template <ScalarType S>
BlockSolve<S> factorized_inverse(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const auto factor =
        std::make_shared<ShiftInvert<S>>(new_factor<S>(*pencil.B_entries, nullptr, options.factorizer, options));
    const bool regular = factor->factor(0.0);
    const Index negative = regular && factor->inertia() ? factor->inertia()->negative : 0;
    if (!regular || negative > 0) {
        std::ostringstream message;
        message << "eigsh: B must be positive definite for `largest`, or without a factorization of A − σB: it "
                << (regular ? "has " + std::to_string(negative) + " negative pivots" : "is singular");
        throw std::invalid_argument(message.str());
    }
    return [factor](In<S> R, Out<S> X) { factor->solve(R, X); };
}

double sign_of(Which which) { return which == Which::smallest ? 1.0 : -1.0; }

/// With what options.warm knows of an earlier search, and what it is to know of this one.
template <ScalarType S>
Eigenpairs<S> solve_from_warm(const Pencil<S>& pencil, CountedOperator<S>& A, const Metric<S>& metric,
                              const EigshOptions<S>& options, double sign) {
    const CarriedSearch carried = carried_search<S>(pencil, A, options, sign);
    Eigenpairs<S> pairs = BlockLanczos<S>(A, metric, options, sign, true, carried, pencil.A_entries).solve();
    remember_search<S>(pencil, A, options, pairs);
    pairs.products = A.products();
    return pairs;
}

}  // namespace

template <ScalarType S>
Eigenpairs<S> solve_standard(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const double sign = sign_of(options.which);
    CountedOperator<S> counted(pencil.A, sign);
    const Metric<S> metric;
    if constexpr (std::same_as<S, double>) {
        if (options.engine == Engine::spectra) {
            EigshOptions<double> verified = options;
            verified.start = spectra_eigenvectors(counted, options);
            verified.warm = nullptr;
            // One start vector sees one copy of each value: what Spectra returns is searched for more.
            auto pairs = BlockLanczos<double>(counted, metric, verified, sign, false).solve();
            pairs.engine = "spectra, verified by block_lanczos";
            return pairs;
        }
    }
    return solve_from_warm(pencil, counted, metric, options, sign);
}

template <ScalarType S>
Eigenpairs<S> solve_by_mass_inverse(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const bool factorize = may_factorize_B(pencil, options);
    const BlockSolve<S> solve_B =
        factorize ? factorized_inverse(pencil, options) : iterative_inverse(pencil, options.sum);
    const double sign = sign_of(options.which);
    const MassInverted<S> inverted(pencil, solve_B);
    CountedOperator<S> counted(OperatorRef<S>(inverted), sign);
    const Metric<S> metric(pencil.B);
    Eigenpairs<S> pairs = solve_from_warm(pencil, counted, metric, options, sign);
    pairs.engine = factorize ? "block_lanczos on B⁻¹A, B factorized" : "block_lanczos on B⁻¹A, inner CG on B";
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                                        \
    template Eigenpairs<S> solve_standard<S>(const Pencil<S>&, const EigshOptions<S>&); \
    template Eigenpairs<S> solve_by_mass_inverse<S>(const Pencil<S>&, const EigshOptions<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
