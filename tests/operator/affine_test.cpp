#include <lambdabar/operator/affine.hpp>

#include <doctest/doctest.h>

#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Four terms with different patterns, in different storages, and the dense matrices they stand for.
template <ScalarType S>
struct Terms {
    Index n;
    std::vector<Matrix<S>> all;
    Sparse<S> A0;
    std::vector<Sparse<S>> terms;

    explicit Terms(Index size) : n(size) {
        for (unsigned l = 0; l < 3; ++l) all.push_back(random_sparse_hermitian<S>(n, 3.0, 10 + l));
        all.push_back(random_matrix<double>(n, 1, 20).col(0).template cast<S>().asDiagonal());
        A0 = stored(all[0], Triangle::lower);
        terms = {stored(all[1], Triangle::both), stored(all[2], Triangle::upper), stored(all[3], Triangle::both)};
    }

    Matrix<S> at(const Eigen::VectorXd& p) const {
        Matrix<S> A = all[0];
        for (Index l = 0; l < p.size(); ++l) A += S{p(l)} * all[static_cast<std::size_t>(l + 1)];
        return A;
    }
    /// Entrywise rounding of at(p).
    Eigen::MatrixXd rounding(const Eigen::VectorXd& p) const {
        Eigen::MatrixXd size = all[0].cwiseAbs();
        for (Index l = 0; l < p.size(); ++l) size += std::abs(p(l)) * all[static_cast<std::size_t>(l + 1)].cwiseAbs();
        return 4.0 * kEps * size;
    }
};

}  // namespace

TEST_CASE_TEMPLATE("AffineOperator: A(p) = A0 + Σ p_l A_l for terms of any pattern and storage, and follows p", S,
                   double, Complex) {
    for (const Index n : {1, 2, 33}) {
        CAPTURE(n);
        const Terms<S> terms(n);
        Eigen::VectorXd p = numbers({0.3, -1.2, 2.0});
        AffineOperator<S> op(terms.A0, terms.terms, p);
        CHECK(op.parameters() == 3);
        CHECK(op.rows() == n);
        const auto X = random_matrix<S>(n, 5, 1);
        for (const auto& next : {p, numbers({0.0, 0.0, 0.0}), numbers({1e8, -3.0, 1e-8})}) {
            op.set_parameters(next);
            CHECK(op.parameter_values() == next);
            const Matrix<S> A = dense<S>(op.matrix());
            CHECK(((A - terms.at(next)).cwiseAbs().array() <= terms.rounding(next).array()).all());
            CHECK(equals_dense_product<S>(product(op, X), A, X));
            Block<S> Y = X;
            const Eigen::VectorXd shift = Eigen::VectorXd::LinSpaced(5, -1.0, 1.0);
            op.apply_fused(Block<S>(X), shift, 2.0, 0.5, Y);
            const Matrix<S> expected = 2.0 * (A * X - X * shift.cast<S>().asDiagonal()) - 0.5 * X;
            CHECK((Y - expected).norm() <= 8.0 * kEps * static_cast<double>(n + 4) * (A.norm() + 1.0) * X.norm());
        }
    }
}

TEST_CASE_TEMPLATE("AffineOperator: vjp adds Re Σ_j v_jᴴ A_l w_j", S, double, Complex) {
    const Terms<S> terms(33);
    const AffineOperator<S> op(terms.A0, terms.terms, numbers({0.3, -1.2, 2.0}));
    for (const Index b : {1, 4, 7}) {
        const auto V = random_matrix<S>(33, b, 1), W = random_matrix<S>(33, b, 2);
        Eigen::VectorXd g = numbers({10.0, 20.0, 30.0});
        op.vjp(Block<S>(V), Block<S>(W), g);
        for (Index l = 0; l < 3; ++l) {
            const Matrix<S>& A_l = terms.all[static_cast<std::size_t>(l + 1)];
            const double expected = inner(V, Matrix<S>(A_l * W));
            const double rounding = 4.0 * static_cast<double>(33 * b) * kEps * V.norm() * A_l.norm() * W.norm();
            CHECK(std::abs(g(l) - 10.0 * static_cast<double>(l + 1) - expected) <= rounding);
        }
    }
}

TEST_CASE_TEMPLATE("AffineOperator: without parameters it is A0", S, double, Complex) {
    const Terms<S> terms(12);
    AffineOperator<S> op(terms.A0, {}, Eigen::VectorXd(0));
    const auto X = random_matrix<S>(12, 3, 1);
    CHECK(op.parameters() == 0);
    CHECK(equals_dense_product<S>(product(op, X), terms.all[0], X));
}

TEST_CASE_TEMPLATE("AffineOperator: terms and parameters that do not fit are refused with numbers", S, double,
                   Complex) {
    const Terms<S> terms(12);
    const auto refusal = [&](const Sparse<S>& A0, const std::vector<Sparse<S>>& list, const Eigen::VectorXd& p) {
        return message_of<std::invalid_argument>([&] { AffineOperator<S>(A0, list, p); });
    };
    const Eigen::VectorXd p = numbers({1.0, 2.0, 3.0});
    CHECK(refusal(terms.A0, terms.terms, p).empty());

    auto wrong_size = terms.terms;
    wrong_size[1] = Sparse<S>(11, 11);
    std::string text = refusal(terms.A0, wrong_size, p);
    CHECK(contains(text, "term 2 is 11×11"));
    CHECK(contains(text, "12×12"));
    CHECK(contains(refusal(Sparse<S>(12, 11), {}, Eigen::VectorXd(0)), "12×11"));

    auto not_hermitian = terms.terms;
    Matrix<S> A = terms.all[1];
    A(2, 1) += S{1};
    not_hermitian[0] = stored(A, Triangle::both);
    CHECK(contains(refusal(terms.A0, not_hermitian, p), std::same_as<S, double> ? "not symmetric" : "not Hermitian"));

    text = refusal(terms.A0, terms.terms, numbers({1.0, 2.0}));
    CHECK(contains(text, "2 entries"));
    CHECK(contains(text, "3 terms"));
    CHECK(contains(refusal(terms.A0, terms.terms, numbers({1.0, kNaN, 2.0})), "not all finite"));

    AffineOperator<S> op(terms.A0, terms.terms, p);
    CHECK_THROWS_AS(op.set_parameters(numbers({1.0, kInfinity, 2.0})), std::invalid_argument);
    const auto X = random_matrix<S>(12, 2, 1);
    CHECK(op.parameter_values() == p);  // a refusal leaves it as it was
    CHECK((product(op, X) - terms.at(p) * X).norm() <= 50.0 * kEps * terms.at(p).norm() * X.norm());
}

TEST_CASE_TEMPLATE("AffineOperator: terms that cancel leave no trace of their rounding asymmetry", S, double, Complex) {
    // A0 and A1 are Hermitian to rounding only, as assembled matrices are; A0 − A1 is small.
    const Index n = 20;
    Matrix<S> A0 = random_hermitian<S>(n, 1);
    A0 *= S{1e6};
    const Matrix<S> small = random_hermitian<S>(n, 2);
    const Matrix<S> A1 = A0 + small;
    Matrix<S> rounded = A0;
    for (Index i = 1; i < n; ++i) rounded(i, i - 1) *= 1.0 + 4.0 * kEps;
    AffineOperator<S> op(stored(rounded, Triangle::both), {stored(A1, Triangle::both)}, numbers({0.0}));
    op.set_parameters(numbers({-1.0}));
    const auto X = random_matrix<S>(n, 3, 1);
    CHECK((product(op, X) + small * X).norm() <= 20.0 * kEps * A0.norm() * X.norm());
}
