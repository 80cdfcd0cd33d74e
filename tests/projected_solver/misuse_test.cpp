#include <doctest/doctest.h>

#include "projected_problem.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Fixture {
    ProjectedProblem<Complex> problem =
        projected_problem<Complex>(spread_spectrum(20, 1.0), one_end(20, 3, 1.0), 1.0, 51);
    ProjectedSolveOptions<Complex> options;

    Fixture() { options.tol = Eigen::VectorXd::Constant(1, 1e-10); }

    std::string message() const {
        return message_of<std::invalid_argument>(
            [&] { (void)projected_solve(problem.A, problem.lambda, problem.deflation(), problem.rhs, options); });
    }
};

}  // namespace

TEST_CASE("projected_solve: sizes that do not match are named with both numbers") {
    CHECK(Fixture().message() == "");
    {
        Fixture f;
        f.problem.rhs.resize(19, 3);
        CHECK(contains(f.message(), "right-hand side has 19 rows, the operator 20"));
    }
    {
        Fixture f;
        f.problem.lambda.resize(2);
        f.problem.lambda.setOnes();
        CHECK(contains(f.message(), "2 shifts for 3 columns"));
    }
    {
        Fixture f;
        f.problem.X = Block<Complex>::Zero(21, 3);
        CHECK(contains(f.message(), "X has 21 rows, the operator 20"));
    }
    {
        Fixture f;
        f.problem.extra = Block<Complex>::Zero(18, 2);
        f.problem.extra_values = numbers({5.0, 6.0});
        CHECK(contains(f.message(), "extra has 18 rows, the operator 20"));
    }
    {
        Fixture f;
        f.problem.set_extra(2, 0.0, 52);
        f.problem.extra_values.resize(1);
        CHECK(contains(f.message(), "2 extra vectors and 1 extra values"));
    }
    {
        Fixture f;
        f.options.start = Matrix<Complex>::Zero(20, 2);
        CHECK(contains(f.message(), "start block is 20×2, the right-hand side 20×3"));
    }
    {
        Fixture f;
        f.options.tol = numbers({1e-8, 1e-8});
        CHECK(contains(f.message(), "tol has 2 entries for 3 columns"));
    }
    {
        Fixture f;
        f.options.tol.resize(0);
        CHECK(contains(f.message(), "tol has 0 entries for 3 columns"));
    }
}

TEST_CASE("projected_solve: numbers that are not finite are refused where they enter") {
    for (const double bad : {kNaN, kInfinity}) {
        {
            Fixture f;
            f.problem.rhs(7, 1) = Complex(0.0, bad);
            CHECK(contains(f.message(), "right-hand side"));
        }
        {
            Fixture f;
            f.problem.lambda(2) = bad;
            CHECK(contains(f.message(), "a shift is not finite"));
        }
        {
            Fixture f;
            f.problem.A.A(3, 4) = bad;
            CHECK(contains(f.message(), "the operator's product"));
        }
        {
            Fixture f;
            f.options.preconditioner = [bad](In<Complex> R, Out<Complex> Z) { Z = bad * R; };
            CHECK(contains(f.message(), "preconditioner"));
        }
    }
    for (const double tol : {0.0, -1.0, kNaN}) {
        Fixture f;
        f.options.tol(0) = tol;
        CHECK(contains(f.message(), "tol must be positive"));
    }
}

TEST_CASE("projected_solve: an exception of the operator or the preconditioner passes through") {
    struct Failure {};
    struct Throwing {
        using Scalar = double;
        Index rows() const { return 20; }
        void apply(In<double>, Out<double>) const { throw Failure{}; }
    };
    const auto problem = projected_problem<double>(spread_spectrum(20, 1.0), one_end(20, 3, 1.0), 1.0, 53);
    ProjectedSolveOptions<double> options;
    options.tol = Eigen::VectorXd::Constant(1, 1e-10);
    CHECK_THROWS_AS((void)projected_solve(Throwing{}, problem.lambda, problem.deflation(), problem.rhs, options),
                    Failure);
    options.preconditioner = [](In<double>, Out<double>) { throw Failure{}; };
    CHECK_THROWS_AS((void)projected_solve(problem.A, problem.lambda, problem.deflation(), problem.rhs, options),
                    Failure);
}

TEST_CASE("projected_solve: no column is a solved problem") {
    Fixture f;
    f.problem.rhs.resize(20, 0);
    f.problem.lambda.resize(0);
    const auto solution =
        projected_solve(f.problem.A, f.problem.lambda, f.problem.deflation(), f.problem.rhs, f.options);
    CHECK(solution.converged);
    CHECK(solution.W.cols() == 0);
    CHECK(solution.products == 0);
}
