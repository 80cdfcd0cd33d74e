// Conjugate gradients under a Chebyshev polynomial of the operator.
#include "projected_solver/chebyshev_preconditioner.hpp"

#include <doctest/doctest.h>
#include <omp.h>

#include "by_products.hpp"
#include "projected_problem.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kSingle = 1e-4;  // the polynomial times up to 12 μ, in single precision

template <ScalarType S>
Sparse<S> diagonal(const Eigen::VectorXd& values) {
    Sparse<S> D(values.size(), values.size());
    for (Index i = 0; i < values.size(); ++i) D.insert(i, i) = values(i);
    D.makeCompressed();
    return D;
}

/// sign·(the Laplacian on 60 × 50 points), its four lowest modes, two more as extra vectors.
template <ScalarType S>
struct Modes {
    static constexpr Index m0 = 60, m1 = 50, n = m0 * m1;
    Sparse<S> M;
    Eigen::VectorXd values = laplacian_spectrum({m0, m1});
    Block<S> X{n, 4}, E{n, 2};
    Matrix<S> rhs;
    double sign;

    explicit Modes(double sign_of_M) : M(S(sign_of_M) * laplacian<S>({m0, m1})), sign(sign_of_M) {
        const auto mode = [](Index i, Index j) -> Matrix<S> {
            return laplacian_eigenvector(m0, m1, i, j).template cast<S>();
        };
        X << mode(1, 1), mode(2, 1), mode(1, 2), mode(2, 2);
        E << mode(3, 1), mode(1, 3);
        rhs = random_matrix<S>(n, 4, 7);
    }
    Eigen::VectorXd lambda() const { return sign * values.head(4); }
    Deflation<S> deflation(double far_end) const {
        return {.X = X,
                .extra = E,
                .extra_values = sign * values.segment(4, 2),
                .sign = sign,
                .next = sign * values(4),
                .far_end = sign * far_end};
    }
    template <class Op>
    ProjectedSolution<S> solve(const Op& A, double far_end, const Matrix<S>& start = {}) const {
        ProjectedSolveOptions<S> options;
        options.tol = Eigen::VectorXd::Constant(1, 1e-9);
        options.start = start;
        return projected_solve(A, lambda(), deflation(far_end), Block<S>(rhs), options);
    }
    double residual(const Matrix<S>& W) const {
        const Matrix<S> AW = M * W;
        const Matrix<S> R = rhs - AW + W * lambda().template cast<S>().asDiagonal();
        return (R - X * (X.adjoint() * R)).colwise().norm().maxCoeff() / rhs.colwise().norm().minCoeff();
    }
};

}  // namespace

TEST_CASE_TEMPLATE("ChebyshevPreconditioner: 1 − q(μ)(μ − λ) is the Chebyshev polynomial, a third beyond the cut", S,
                   double, Complex) {
    const double lambda = 0.3, end = 12.0;
    const Eigen::VectorXd mu = Eigen::VectorXd::LinSpaced(4000, 0.31, end);
    for (const double sign : {1.0, -1.0}) {
        const auto D = diagonal<S>(sign * mu);
        const SparseHermitian<S> A(D);
        CountedOperator<S> counted(A, sign);
        auto q = ChebyshevPreconditioner<S>::make(counted, A, sign, {.begin = 0.305, .end = end},
                                                  Eigen::VectorXd::Constant(2, lambda), 1e6);
        REQUIRE(q);
        const Block<S> R = Block<S>::Ones(mu.size(), 2);
        Block<S> Z(mu.size(), 2);
        q->apply(R, Eigen::VectorXd::Constant(2, lambda), Z);
        CHECK(counted.products() == 2 * (q->degree() - 1));
        const Eigen::VectorXd values = Z.col(1).real();
        CHECK(values.minCoeff() > 0.0);
        const Eigen::ArrayXd rest = 1.0 - values.array() * (mu.array() - lambda);
        CHECK(std::abs(rest(mu.size() - 1)) == doctest::Approx(1.0 / 3.0).epsilon(kSingle));
        // Between its extrema of ±1/3 it changes sign d times.
        Index changes = 0, last = 0;
        for (Index i = 1; i < mu.size(); ++i) changes += rest(i) * rest(i - 1) < 0.0;
        CHECK(changes == q->degree());
        for (Index i = 0; i < mu.size(); ++i) {
            if (rest(i) > 1.0 / 3.0 + kSingle) last = i;
        }
        CHECK((rest.tail(mu.size() - last - 1).abs() <= 1.0 / 3.0 + kSingle).all());
        CHECK((rest.head(last) > 0.0).all());
    }
}

TEST_CASE_TEMPLATE("projected_solve: a polynomial of a sparse operator takes the steps of conjugate gradients", S,
                   double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        const Modes<S> modes(sign);
        const SparseHermitian<S> A(modes.M);
        const auto plain = modes.solve(A, std::numeric_limits<double>::quiet_NaN());
        const auto by_polynomial = modes.solve(A, modes.values.maxCoeff());
        REQUIRE(plain.converged);
        REQUIRE(by_polynomial.converged);
        CHECK(by_polynomial.method == LinearMethod::cg);
        CHECK(by_polynomial.iterations < plain.iterations / 4);
        CHECK(by_polynomial.products < 2 * plain.products);
        CHECK(modes.residual(by_polynomial.W) < 1e-9);
        CHECK((modes.X.adjoint() * by_polynomial.W).norm() < 1e-12 * by_polynomial.W.norm());

        // From a near start there are a few plain steps to go; an operator without entries has no cheap polynomials.
        const Matrix<S> near = by_polynomial.W + 3e-10 * random_matrix<S>(modes.n, 4, 9);
        const auto again = modes.solve(A, modes.values.maxCoeff(), near);
        REQUIRE(again.converged);
        CHECK(again.products == modes.solve(A, std::numeric_limits<double>::quiet_NaN(), near).products);
        CHECK(modes.solve(ByProducts<S>{A}, modes.values.maxCoeff()).products == plain.products);
    }
}

TEST_CASE_TEMPLATE("projected_solve: a far end that is too near costs steps, not the answer", S, double, Complex) {
    const Modes<S> modes(1.0);
    const SparseHermitian<S> A(modes.M);
    for (const double factor : {0.98, 0.8, 0.3}) {
        CAPTURE(factor);
        const auto solution = modes.solve(A, factor * modes.values.maxCoeff());
        REQUIRE(solution.converged);
        CHECK(modes.residual(solution.W) < 1e-9);
    }
}

TEST_CASE("projected_solve: a polynomial gives the same bits with one and two threads") {
    const Modes<double> modes(1.0);
    const SparseHermitian<double> A(modes.M);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = modes.solve(A, 8.0);
    omp_set_num_threads(2);
    const auto two = modes.solve(A, 8.0);
    omp_set_num_threads(threads);
    CHECK(one.products == two.products);
    CHECK((one.W.array() == two.W.array()).all());
}

TEST_CASE("projected_solve: a preconditioner that is not positive definite is refused with its number") {
    const Modes<double> modes(1.0);
    const SparseHermitian<double> A(modes.M);
    ProjectedSolveOptions<double> options;
    options.tol = Eigen::VectorXd::Constant(1, 1e-9);
    options.preconditioner = [](In<double> R, Out<double> Z) { Z = -R; };
    const std::string message = message_of<std::invalid_argument>(
        [&] { (void)projected_solve(A, modes.lambda(), modes.deflation(8.0), Block<double>(modes.rhs), options); });
    CHECK(contains(message, "not positive definite: rᴴM⁻¹r = -"));
}
