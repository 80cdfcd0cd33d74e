#include "app/command_line.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 50;
constexpr double kNorm = 4.0;

/// −2, −1 … 4: simple at both ends with gaps of at least 0.1.
Eigen::VectorXd spectrum() { return Eigen::VectorXd::LinSpaced(n, -2.0, kNorm); }

}  // namespace

TEST_CASE_TEMPLATE("app eigmin, eigmax: the value with 17 digits on stdout, and xxᴴ on the entries as gradient", S,
                   double, Complex) {
    const CommandLine line;
    const Sparse<S> M = sparse_with_spectrum<S>(spectrum(), 4);
    for (const bool general : {false, true}) {
        line.write_matrix<S>("A.mtx", M, general);
        for (const std::string command : {"eigmin", "eigmax"}) {
            const CommandResult result = line.run(command + " A.mtx --tol 1e-13 --gradient g.mtx");
            CHECK(result.status == 0);
            CHECK(result.err == "");
            CHECK(std::abs(std::stod(result.out) - (command == "eigmin" ? -2.0 : kNorm)) <= 1e3 * kEps * kNorm);
            CHECK(result.out == line.run(command + " A.mtx --tol 1e-13").out);
            char digits[40];
            std::snprintf(digits, sizeof digits, "%.17g\n", std::stod(result.out));
            CHECK(result.out == digits);

            // Same header and pattern as A; (x xᴴ)_rc, doubled off the diagonal in a one-triangle file.
            const auto header = read_matrix_market_header(line.file("g.mtx")),
                       given = read_matrix_market_header(line.file("A.mtx"));
            CHECK(header.symmetry == given.symmetry);
            CHECK(header.field == given.field);
            CHECK(header.entries == given.entries);
            const auto reference = reference_eigh<S>(dense(M));
            const Vector<S> x = reference.vectors.col(command == "eigmin" ? 0 : n - 1);
            const Sparse<S> g = read_sparse<S>(line.file("g.mtx"), SymmetricStorage::keep);
            double error = 0.0;
            for (Index c = 0; c < n; ++c) {
                for (typename Sparse<S>::InnerIterator entry(g, c); entry; ++entry) {
                    const S exact =
                        x(entry.row()) * Eigen::numext::conj(x(c)) * (general || entry.row() == c ? 1.0 : 2.0);
                    error = std::max(error, std::abs(entry.value() - exact));
                }
            }
            const double gap = 6.0 / (n - 1);
            CHECK(error <= 10.0 * 1e-13 * kNorm / gap + 1e3 * kEps * kNorm / gap);
        }
    }
}

TEST_CASE("app eigmin: --convention full leaves entries of a one-triangle file undoubled") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({12}));
    CHECK(line.run("eigmin A.mtx --gradient lower.mtx").status == 0);
    CHECK(line.run("eigmin A.mtx --gradient full.mtx --convention full").status == 0);
    Matrix<double> lower = read_dense<double>(line.file("lower.mtx")), full = read_dense<double>(line.file("full.mtx"));
    const Eigen::VectorXd diagonal = full.diagonal();
    CHECK((lower.diagonal() - diagonal).norm() == 0.0);
    lower.diagonal().setZero(), full.diagonal().setZero();
    CHECK((lower - 2.0 * full).norm() == 0.0);
    CHECK(full.norm() > 0.1);
}

TEST_CASE("app eigmin: a double eigenvalue has a value but no gradient: status 4, nothing written") {
    const CommandLine line;
    Eigen::VectorXd values = spectrum();
    values(1) = values(0);
    line.write_matrix<double>("A.mtx", sparse_with_spectrum<double>(values, 5));
    CHECK(line.run("eigmin A.mtx").status == 0);
    const CommandResult result = line.run("eigmin A.mtx --gradient g.mtx");
    CHECK(result.status == 4);
    CHECK(result.out == "");
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, "cuts a cluster"));
    CHECK(line.names() == std::vector<std::string>{"A.mtx"});
}

TEST_CASE("app eigmin: not converged is status 3 and no number") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({40, 40}));
    const CommandResult result = line.run("eigmin A.mtx --tol 1e-13 --max-products 20");
    CHECK(result.status == 3);
    CHECK(result.out == "");
    CHECK(one_sentence(result.err));
}

TEST_CASE_TEMPLATE("app check: a Taylor table of second order, degenerate pairs included", S, double, Complex) {
    const CommandLine line;
    for (const bool general : {false, true}) {
        line.write_matrix<S>("A.mtx", sparse_with_spectrum<S>(doublet_spectrum(n), 6), general);
        const CommandResult result = line.run("check A.mtx -k 4 --directions 1 --steps 6");
        INFO(result.out);
        CHECK(result.status == 0);
        CHECK(result.err == "");
        CHECK(contains(result.out, "direction       step                     value   remainder   order"));
        CHECK(contains(result.out, "passed: remainders of order 2.0"));
        CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 2 + 6 + 1);
    }
}

TEST_CASE("app check: pairs too coarse for a verdict are status 1, a cut cluster status 4") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", sparse_with_spectrum<double>(doublet_spectrum(n), 6));
    const CommandResult coarse = line.run("check A.mtx -k 1 --tol 1e-2 --first-step 1e-7");
    INFO(coarse.out);
    CHECK(coarse.status == 1);
    CHECK(contains(coarse.out, "failed (accuracy)"));
    const CommandResult cut = line.run("check A.mtx -k 2");
    CHECK(cut.status == 4);
    CHECK(one_sentence(cut.err));
}
