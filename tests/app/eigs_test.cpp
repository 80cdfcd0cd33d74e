#include "command_line.hpp"
#include "general_pairs.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/gradient/gradient_general.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSize = 24;

/// 2 ± i, a double 1.5, and values left of 0.
Matrix<double> flow() {
    Eigen::VectorXcd spectrum = Eigen::VectorXcd::LinSpaced(kSize, -8.0, -0.5);
    spectrum(0) = {2.0, 1.0}, spectrum(1) = {2.0, -1.0};
    spectrum(2) = spectrum(3) = 1.5;
    return with_general_spectrum<double>(spectrum, 3);
}

}  // namespace

TEST_CASE("command line: eigs writes what the library finds, pullback recognises its pairs") {
    const CommandLine line;
    const Sparse<double> M = full<double>(flow());
    line.write_matrix<double>("A.mtx", M, true);
    const CommandResult found = line.run("eigs A.mtx -k 4 --which rightmost --tol 1e-12 --out flow");
    INFO(found.err);
    REQUIRE(found.status == 0);
    const auto report = line.json("flow.json");
    CHECK(report["command"] == "eigs");
    CHECK(report["clusters"].size() == 3);
    const SparseGeneral<double> A(M);
    const auto pairs = eigs(A, {.k = 4, .which = Which::rightmost, .tol = 1e-12});
    const Matrix<Complex> values = read_dense<Complex>(line.file("flow.values.mtx")),
                          X = read_dense<Complex>(line.file("flow.vectors.mtx")),
                          Y = read_dense<Complex>(line.file("flow.left.mtx"));
    CHECK(values.col(0) == pairs.values);
    CHECK(X == pairs.vectors);
    CHECK(Y == pairs.left);

    write_matrix_market(line.file("bar.mtx"), Matrix<Complex>(2.0 * pairs.values));
    Matrix<Complex> X_bar = Matrix<Complex>::Zero(kSize, 4);
    X_bar.col(0) = random_hermitian<Complex>(kSize, 5) * pairs.vectors.col(0);
    write_matrix_market(line.file("X_bar.mtx"), X_bar);
    const CommandResult back =
        line.run("pullback A.mtx --pairs flow --values-bar bar.mtx --vectors-bar X_bar.mtx --out s");
    INFO(back.err);
    REQUIRE(back.status == 0);
    const Sparse<double> G = read_sparse<double>(line.file("s.gradient.mtx"));
    const Vector<double> g = gradient(A, pullback(A, pairs, {.values = 2.0 * pairs.values, .vectors = X_bar}).A);
    CHECK((Eigen::Map<const Vector<double>>(G.valuePtr(), G.nonZeros()) - g).norm() <= 1e-9 * g.norm());
    CHECK(line.json("s.json")["adjoint_residuals"].size() == 4);

    // P = X Yᴴ, φ = Re tr(KᴴP)
    const Matrix<Complex> K = random_matrix<Complex>(kSize, kSize, 6);
    write_matrix_market(line.file("PY.mtx"), Matrix<Complex>(K * pairs.left));
    write_matrix_market(line.file("PX.mtx"), Matrix<Complex>(K.adjoint() * pairs.vectors));
    CHECK(line.run("pullback A.mtx --pairs flow --projector-left PY.mtx --projector-right PX.mtx --out p").status == 0);
}

TEST_CASE("command line: eigs near a complex shift, with a mass, and back through a factorization") {
    const CommandLine line;
    const Sparse<double> M = full<double>(flow());
    Sparse<double> B(kSize, kSize);
    for (int i = 0; i < static_cast<int>(kSize); ++i) B.insert(i, i) = 2.0 + 0.1 * i;
    B.makeCompressed();
    line.write_matrix<double>("A.mtx", M, true);
    line.write_matrix<double>("B.mtx", B);
    REQUIRE(line.run("eigs A.mtx --mass B.mtx -k 1 --which nearest --sigma 0.8 0.4 --out m").status == 0);
    write_matrix_market(line.file("x.mtx"), read_dense<Complex>(line.file("m.vectors.mtx")));
    const CommandResult back = line.run("pullback A.mtx --mass B.mtx --pairs m --vectors-bar x.mtx --out g");
    INFO(back.err);
    CHECK(back.status == 0);
    CHECK(contains(line.json("g.json")["factor"].get<std::string>(), "LU"));
    CHECK(fs::exists(line.file("g.mass_gradient.mtx")));
    CHECK(one_sentence(line.run("pullback A.mtx --pairs m --vectors-bar x.mtx --out g").err));
}

TEST_CASE("command line: eigs refuses in one sentence with the right status") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", full<double>(flow()), true);
    const auto refused = [&](const std::string& arguments, int status, const char* part) {
        const CommandResult result = line.run(arguments);
        CAPTURE(arguments);
        CAPTURE(result.err);
        CHECK(result.status == status);
        CHECK(one_sentence(result.err));
        CHECK(contains(result.err, part));
    };
    refused("eigs A.mtx --which nearest --out x", 2, "needs a finite sigma");
    refused("eigs A.mtx -k 24 --out x", 2, "k = 24 must lie between 1 and n − 1 = 23");
    refused("eigs A.mtx --which smallest --out x", 2, "--which");
    CHECK(line.names() == std::vector<std::string>{"A.mtx"});
    REQUIRE(line.run("eigs A.mtx -k 4 --which rightmost --out flow").status == 0);
    write_matrix_market(line.file("first.mtx"), Matrix<double>(numbers({0.0, 0.0, 1.0, 0.0})));
    refused("pullback A.mtx --pairs flow --values-bar first.mtx --out x", 4, "order of equal eigenvalues");
    refused("pullback A.mtx --pairs flow --f first.mtx --out x", 2, "--projector-left");
    refused("pullback A.mtx --pairs flow --out x", 2, "needs either");
    line.write_matrix<double>("B.mtx", full<double>(random_matrix<double>(kSize, kSize, 9)), true);
    refused("pullback B.mtx --pairs flow --values-bar first.mtx --out x", 2, "not eigenvectors of this problem");
}
