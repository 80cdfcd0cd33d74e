// (A − σB)⁻¹: what it solves, and what it says of itself.
#include <lambdabar/factorization/shift_invert.hpp>

#include <doctest/doctest.h>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Matrix<S> solved(const ShiftInvert<S>& inverse, const Matrix<S>& rhs) {
    const Block<S> b = rhs;
    Block<S> X = Block<S>::Constant(rhs.rows(), rhs.cols(), S{kNaN});
    inverse.solve(b, X);
    return X;
}

/// Forwards to LDLT, and spoils it: adds `noise` times the solution, reversed, to each solution.
template <ScalarType S>
struct Spoiled final : Factorization<S> {
    explicit Spoiled(double relative) : noise(relative) {}
    std::string name() const override { return "spoiled"; }
    bool pivots() const override { return false; }
    FactorEstimate analyze(const Sparse<S>& lower) override { return exact->analyze(lower); }
    bool factorize(const Sparse<S>& lower) override { return exact->factorize(lower); }
    void solve(In<S> rhs, Out<S> x) const override {
        exact->solve(rhs, x);
        const Block<S> reversed = x.colwise().reverse();
        x += noise * reversed;
    }
    std::optional<Inertia> inertia() const override { return exact->inertia(); }
    double noise;
    std::unique_ptr<Factorization<S>> exact = eigen_ldlt<S>()();
};

template <ScalarType S>
Factorizer<S> spoiled(double noise) {
    return [noise] { return std::make_unique<Spoiled<S>>(noise); };
}

}  // namespace

TEST_CASE_TEMPLATE("solve is (A − σB)⁻¹ and inertia counts the eigenvalues of the pencil below σ", S, double, Complex) {
    const Index n = 60;
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(n, -3.0, 5.0), 1);
    // Positive definite and denser than A; diagonal; diagonal with a third of it zero.
    const Sparse<S> denser = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(n, 0.5, 2.0), 2, 5);
    Sparse<S> diagonal(n, n), singular(n, n);
    for (int i = 0; i < n; ++i) {
        diagonal.insert(i, i) = S{1.0 + 0.02 * i};
        if (i % 3 != 0) singular.insert(i, i) = S{2.0};
    }
    diagonal.makeCompressed(), singular.makeCompressed();
    for (const Sparse<S>& B : {denser, diagonal, singular}) {
        const SparseHermitian<S> view_a(A), view_b(B);
        ShiftInvert<S> inverse(view_a, &view_b);
        for (const double sigma : {-6.31, -0.77, 0.013, 1.9, 8.2}) {
            CAPTURE(sigma);
            REQUIRE(inverse.factor(sigma));
            CHECK(inverse.sigma() == sigma);
            const Matrix<S> M = dense(A) - sigma * dense(B);
            CHECK(inverse.backward_error() <= 1e-11);
            const Matrix<S> rhs = random_matrix<S>(n, 5, 3);
            // 1e-11 is promised in the scaled norm; rows of M differ by less than 100 in size.
            CHECK(backward_error<S>(M, solved<S>(inverse, rhs), rhs) <= 1e-9);
            REQUIRE(inverse.inertia().has_value());
            CHECK(*inverse.inertia() == inertia_of(reference_eigh<S>(M).values, 0.0));
        }
        CHECK(inverse.analyses() == 1);
        CHECK(inverse.factorizations() == 5);
        CHECK(inverse.solved_columns() == 25);
    }
}

TEST_CASE_TEMPLATE("σ at an eigenvalue is numerically singular, σ a millionth beside it is not", S, double, Complex) {
    const Eigen::VectorXd spectrum = laplacian_spectrum({7, 9});
    const Sparse<S> A = laplacian<S>({7, 9});
    ShiftInvert<S> inverse{SparseHermitian<S>(A)};
    for (const Index i : {0, 5, 20, 62}) {
        CAPTURE(i);
        CHECK_FALSE(inverse.factor(spectrum(i)));
        CHECK_FALSE(inverse.inertia().has_value());
        CHECK_THROWS_AS(solved<S>(inverse, Matrix<S>::Ones(63, 1)), std::invalid_argument);
        for (const double side : {-1e-6, 1e-6}) {
            REQUIRE(inverse.factor(spectrum(i) + side));
            REQUIRE(inverse.inertia().has_value());
            CHECK(*inverse.inertia() == inertia_of(spectrum, spectrum(i) + side));
        }
    }
    Sparse<S> twice = A;  // and a pencil with a common null vector is singular at every σ
    for (int i = 0; i < 63; ++i) twice.coeffRef(i, i) = twice.coeff(i, i) - S{spectrum(0)};
    const SparseHermitian<S> null(twice);
    ShiftInvert<S> singular(null, &null);
    CHECK_FALSE(singular.factor(0.3));
    CHECK_FALSE(singular.factor(-2.0));
}

TEST_CASE_TEMPLATE("the units of the rows change neither the verdict nor the inertia", S, double, Complex) {
    const Index n = 60;
    const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, -3.0, 5.0);
    const Sparse<S> A = sparse_with_spectrum<S>(values, 5);
    Sparse<S> D(n, n), B(n, n);
    for (int i = 0; i < n; ++i) {
        const double unit = std::ldexp(1.0, (i * 7) % 60 - 30);  // 2⁻³⁰ … 2²⁹, exact
        D.insert(i, i) = S{unit};
        B.insert(i, i) = S{unit * unit};
    }
    D.makeCompressed(), B.makeCompressed();
    Sparse<S> scaled = D * A * D;
    scaled.makeCompressed();
    const SparseHermitian<S> view_a(scaled), view_b(B);
    ShiftInvert<S> inverse(view_a, &view_b);
    REQUIRE(inverse.factor(0.7));
    REQUIRE(inverse.inertia().has_value());
    CHECK(*inverse.inertia() == inertia_of(values, 0.7));
    CHECK(inverse.condition() < 1e4);  // of a matrix whose own condition is about 2¹²⁰
}

TEST_CASE_TEMPLATE("LDLT at a saddle point: LU replaces it at a zero pivot, refinement repairs tiny ones", S, double,
                   Complex) {
    const Sparse<S> M = saddle_point<S>(30, 6);
    ShiftInvert<S> inverse{SparseHermitian<S>(M)};
    const Matrix<S> rhs = random_matrix<S>(60, 3, 7);
    REQUIRE(inverse.factor(0.0));  // a zero pivot
    CHECK(inverse.method() == "LU (Eigen), instead of LDLT (Eigen)");
    CHECK_FALSE(inverse.inertia().has_value());
    CHECK(backward_error<S>(dense(M), solved<S>(inverse, rhs), rhs) <= solve_tolerance(60, 11.0));
    CHECK(inverse.factorizations() == 2);

    REQUIRE(inverse.factor(1e-17));  // pivots of 1e-17 lose all accuracy, and refinement finds it again
    CHECK(inverse.unrefined_error() > 1e-8);
    CHECK(inverse.refinement_steps() > 0);
    CHECK_FALSE(inverse.inertia().has_value());
    CHECK(backward_error<S>(dense(M), solved<S>(inverse, rhs), rhs) <= 1e-11 * 60);
    CHECK(inverse.factorizations() == 3);

    REQUIRE(inverse.factor(-20.0));
    CHECK(inverse.method() == "LDLT (Eigen)");
    CHECK(*inverse.inertia() == Inertia{0, 0, 60});
}

TEST_CASE_TEMPLATE("an inaccurate factor is refined as far as needed, and its inertia is not believed", S, double,
                   Complex) {
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(60, 1.0, 5.0), 8);
    const SparseHermitian<S> view(A);
    struct Case {
        double noise;
        int steps;
        bool believed, replaced;
    };
    for (const Case& c : {Case{0.0, 0, true, false}, Case{1e-9, 1, true, false}, Case{3e-7, 1, false, false},
                          Case{3e-5, 2, false, false}, Case{0.5, 0, false, true}}) {
        CAPTURE(c.noise);
        ShiftInvert<S> inverse(view, nullptr, spoiled<S>(c.noise));
        REQUIRE(inverse.factor(0.0));
        CHECK(inverse.refinement_steps() == c.steps);
        CHECK(inverse.inertia().has_value() == c.believed);
        CHECK(contains(inverse.method(), "LU") == c.replaced);
        CHECK(contains(inverse.method(), "refinement") == (c.steps > 0));
        const Matrix<S> rhs = random_matrix<S>(60, 2, 9);
        const double error = backward_error<S>(dense(A), solved<S>(inverse, rhs), rhs);
        CHECK(error <= 1e-11 * 60);  // promised in another norm
    }
}

TEST_CASE_TEMPLATE("update keeps the analysis on the same pattern, and follows another one", S, double, Complex) {
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(60, 1.0, 5.0), 10);
    const Sparse<S> doubled = A * S{2.0};
    const Sparse<S> other = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(50, 1.0, 5.0), 11, 5);
    ShiftInvert<S> inverse{SparseHermitian<S>(A)};
    REQUIRE(inverse.factor(3.01));
    CHECK(inverse.update(SparseHermitian<S>(doubled)));
    CHECK_THROWS_AS(solved<S>(inverse, Matrix<S>::Ones(60, 1)), std::invalid_argument);
    REQUIRE(inverse.factor(3.01));
    CHECK(*inverse.inertia() == inertia_of(Eigen::VectorXd::LinSpaced(60, 2.0, 10.0), 3.01));
    CHECK(inverse.analyses() == 1);

    CHECK_FALSE(inverse.update(SparseHermitian<S>(other)));
    CHECK(inverse.analyses() == 2);
    ShiftInvert<S> moved = std::move(inverse);
    REQUIRE(moved.factor(3.01));
    CHECK(moved.rows() == 50);
    const Matrix<S> M = dense(other) - 3.01 * Matrix<S>::Identity(50, 50), rhs = random_matrix<S>(50, 2, 12);
    CHECK(backward_error<S>(M, solved<S>(moved, rhs), rhs) <= 1e-9);
}

TEST_CASE_TEMPLATE("the same bits on one and on two threads, refined or not", S, double, Complex) {
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(5000, 1.0, 9.0), 13);
    const Matrix<S> rhs = random_matrix<S>(5000, 9, 14);
    const int before = omp_get_max_threads();
    for (const double noise : {0.0, 1e-9}) {
        std::vector<Matrix<S>> solutions;
        for (const int threads : {1, 2}) {
            omp_set_num_threads(threads);
            ShiftInvert<S> inverse(SparseHermitian<S>(A), nullptr, spoiled<S>(noise));
            CHECK(inverse.factor(0.0));
            solutions.push_back(solved<S>(inverse, rhs));
        }
        omp_set_num_threads(before);
        CHECK(solutions[0] == solutions[1]);
    }
}
