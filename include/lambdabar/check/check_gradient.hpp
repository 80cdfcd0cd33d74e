#pragma once
#include <lambdabar/check/check_operator.hpp>
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <limits>
#include <optional>

namespace lambdabar {

/// A real objective φ of the eigenpairs at one point: its value, and its cotangent as pairs, as a spectral function,
/// or as the sum of both. With distributed rows, `value` is the global one and the blocks hold this process's rows.
template <ScalarType S>
struct Evaluation {
    double value = 0.0;
    PairCotangent<S> bar = {};
    std::optional<SpectralFunction<S>> spectral = {};
};

/// φ: must not remember which pairs of the set form clusters from one call to the next point by `pairs.clusters`,
/// for a perturbation splits them; fixed index sets are right.
template <ScalarType S>
using Objective = std::function<Evaluation<S>(const Eigenpairs<S>&)>;

template <ScalarType S>
struct GradientCheckOptions {
    EigshOptions<S> eigsh = {.tol = 1e-12};  // which pairs; its `sum` serves the whole check
    PullbackOptions<S> pullback = {};
    Index directions = 2;     // random directions, ≥ 1
    double first_step = 0.0;  // in units of the parameters' size; 0: where A moves by a tenth of the smallest gap
    double step_ratio = 4.0;  // between one step and the next, > 1
    Index steps = 8;          // per direction, ≥ 3
    std::uint64_t seed = 1;   // of directions and perturbations
    std::optional<Convention> convention = {};  // sparse matrices: as in gradient()
};

/// Where the first fault lies.
enum class Fault {
    none,
    operator_law,         // A(p) is not a linear Hermitian map
    value,                // φ depends on the phases, or on the basis inside a cluster, that eigsh() happens to return
    cotangent,            // (λ̄, X̄) is not the derivative of φ, or cannot express it
    operator_derivative,  // vjp is not the derivative of apply
    accuracy,             // none of these, yet the remainders are not of second order, or nothing rises above the noise
};

const char* name_of(Fault fault);

/// One line of the Taylor test.
struct TaylorRow {
    Index direction = 0;
    double step = 0.0;
    double value = 0.0;                                       // φ(p + h v)
    double remainder = 0.0;                                   // |φ(p + h v) − φ(p) − h g·v|
    double order = std::numeric_limits<double>::quiet_NaN();  // log(last remainder / this) / log(step ratio)
    double noise = 0.0;                                       // what residuals and rounding leave of φ

    /// A remainder below four times the noise says nothing.
    bool above_noise() const { return remainder > 4.0 * noise; }
};

struct [[nodiscard]] GradientReport {
    Fault fault = Fault::none;
    std::string verdict;          // one sentence with the numbers
    double value = 0.0;           // φ(p)
    std::vector<double> slopes;   // g·v of each direction
    std::vector<TaylorRow> rows;  // by direction, steps descending; empty where no derivative exists
    std::vector<Law> laws;        // the operator's, the objective's, and the operator derivative's
    double gradient_error =
        std::numeric_limits<double>::quiet_NaN();  // min over steps of remainder / (h |g·v|), worst direction
    double error_estimate = 0.0;                   // the pullback's own, relative
    Index products = 0;                            // of all eigsh() and pullback() calls

    bool passed() const { return fault == Fault::none; }
    /// The table of rows, laws that fail, and the verdict.
    std::string describe() const;
};

namespace detail {
template <ScalarType S>
GradientReport check_gradient(const ParametricOperator<S>& A, const Objective<S>& objective,
                              const GradientCheckOptions<S>& options);
}

/// Taylor test of the whole path p → A(p) → eigsh → φ → pullback → vjp: φ(p + h v) − φ(p) − h g·v must fall as h².
///
///     auto report = check_gradient([&](const Eigen::VectorXd& p) { return MyOperator(p); }, p,
///                                  [&](const Eigenpairs<double>& q) { return Evaluation<double>{…}; }, {.eigsh = {.k =
///                                  4}});
///     std::puts(report.describe().c_str());
///
/// Before it, each link is tested alone, so that a fault can be named: the laws of A(p); φ under new phases and
/// rotations inside clusters; (λ̄, X̄) against differences of φ on the manifold XᴴX = I; vjp against differences of
/// apply. Cost: 1 + directions·steps eigsolves (started from the first), one pullback, some 100 evaluations of φ.
/// Throws what eigsh, pullback and the callables throw: NotConverged, NotDifferentiable (a cut cluster), and
/// std::invalid_argument for bad options or sizes.
template <OperatorFactory Make>
GradientReport check_gradient(const Make& make, const Eigen::VectorXd& p,
                              const Objective<FactoryScalar<Make>>& objective,
                              const GradientCheckOptions<FactoryScalar<Make>>& options = {}) {
    return detail::check_gradient(detail::parametric_operator(make, p), objective, options);
}

/// The same in the stored entries of a sparse matrix, perturbed so that it stays Hermitian.
template <ScalarType S>
GradientReport check_gradient(const SparseHermitian<S>& A, const std::type_identity_t<Objective<S>>& objective,
                              const std::type_identity_t<GradientCheckOptions<S>>& options = {}) {
    return detail::check_gradient(detail::stored_entries(A, options.convention), objective, options);
}

}  // namespace lambdabar
