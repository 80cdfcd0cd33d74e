#include "general_pairs.hpp"

#include <lambdabar/check/check_operator.hpp>
#include <lambdabar/gradient/gradient_general.hpp>
#include <lambdabar/operator/general_affine.hpp>
#include <lambdabar/operator/general_callback.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Sparse<S> sparse_random(Index n, unsigned seed, double density = 0.2) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform;
    std::vector<Eigen::Triplet<S>> entries;
    for (int r = 0; r < static_cast<int>(n); ++r) {
        for (int c = 0; c < static_cast<int>(n); ++c) {
            if (uniform(random) < density) entries.emplace_back(r, c, random_normal<S>(random));
        }
    }
    Sparse<S> M(n, n);
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

}  // namespace

TEST_CASE_TEMPLATE("general sparse: products and adjoint products equal Eigen's, row- and column-major", S, double,
                   Complex) {
    const Index n = 57;
    const Sparse<S> M = sparse_random<S>(n, 1);
    const Eigen::SparseMatrix<S, Eigen::RowMajor> by_rows = M;
    const SparseGeneral<S> A(M), R(by_rows);
    const Block<S> X = random_matrix<S>(n, 5, 2);
    Block<S> Y(n, 5);
    const double rounding = 1e-13 * X.norm();
    for (const SparseGeneral<S>* op : {&A, &R}) {
        op->apply(X, Y);
        CHECK((Y - M * X).norm() <= rounding);
        op->apply_adjoint(X, Y);
        CHECK((Y - M.adjoint() * X).norm() <= rounding);
        CHECK(check_operator(*op).passed());
    }
    CHECK(A.stored_entries() == M.nonZeros());
}

TEST_CASE("general sparse: bad data is refused in a sentence that names the entry") {
    Sparse<double> M = sparse_random<double>(8, 3);
    M.valuePtr()[2] = kNaN;
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)SparseGeneral<double>(M); }), "entry ("));
    const Sparse<double> wide(3, 4);
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)SparseGeneral<double>(wide); }), "3×4, not square"));
}

TEST_CASE_TEMPLATE("general affine: laws of product, adjoint and derivative hold", S, double, Complex) {
    const Index n = 31;
    const Sparse<S> A0 = sparse_random<S>(n, 4), A1 = sparse_random<S>(n, 5, 0.05), A2 = sparse_random<S>(n, 6, 0.1);
    const Eigen::VectorXd p = numbers({0.7, -1.3});
    const auto make = [&](const Eigen::VectorXd& q) { return GeneralAffineOperator<S>(A0, {A1, A2}, q); };
    const OperatorReport report = check_operator(make, p);
    INFO(report.describe());
    CHECK(report.passed());
    GeneralAffineOperator<S> A = make(p);
    CHECK((dense(A.matrix()) - dense(A0) - 0.7 * dense(A1) + 1.3 * dense(A2)).norm() <= 1e-13);
    A.set_parameters(numbers({0.0, 2.0}));
    CHECK((dense(A.matrix()) - dense(A0) - 2.0 * dense(A2)).norm() <= 1e-13);
    CHECK(contains(message_of<std::invalid_argument>([&] { A.set_parameters(numbers({1.0})); }), "1 entries"));
}

TEST_CASE("check_operator: an adjoint that is a transpose, or none at all, is named") {
    const Index n = 23;
    const Sparse<Complex> M = sparse_random<Complex>(n, 7);
    GeneralCallbackOperator<Complex> A{.n = n,
                                       .apply = [&](In<Complex> X, Out<Complex> Y) { Y = M * X; },
                                       .apply_adjoint = [&](In<Complex> X, Out<Complex> Y) { Y = M.adjoint() * X; }};
    CHECK(check_operator(A).passed());
    A.apply_adjoint = [&](In<Complex> X, Out<Complex> Y) { Y = M.transpose() * X; };
    const OperatorReport transposed = check_operator(A);
    CHECK_FALSE(transposed.passed());
    CHECK(contains(transposed.describe(), "transpose, without conjugation"));
    A.apply_adjoint = A.apply;
    CHECK(contains(check_operator(A).describe(), "but ⟨Aᴴ x, z⟩"));
    A.apply_adjoint = {};
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)check_operator(A); }), "apply_adjoint is missing"));
}

TEST_CASE_TEMPLATE("general gradient: on stored entries, for parameters and by dot() it is one number", S, double,
                   Complex) {
    const Index n = 29;
    const Sparse<S> A0 = sparse_random<S>(n, 8), A1 = sparse_random<S>(n, 9, 0.1);
    const GeneralAffineOperator<S> A(A0, {A1}, numbers({0.4}));
    const GeneralCotangent<S> bar{random_matrix<S>(n, 3, 10), random_matrix<S>(n, 3, 11)};
    const double wanted = inner(Matrix<S>(bar.V * bar.W.adjoint()), dense(A1));
    CHECK(gradient(A, bar)(0) == doctest::Approx(wanted));
    const SparseGeneral<S> direction(A1);
    CHECK(dot(bar, direction) == doctest::Approx(wanted));
    const Vector<S> g = gradient(direction, bar);
    const Eigen::Map<const Vector<S>> values(A1.valuePtr(), A1.nonZeros());
    CHECK(std::real(g.dot(values)) == doctest::Approx(wanted));
}
