#include "app/command_line.hpp"

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("app eigsh --preconditioner: finds the same pairs, by block Davidson", S, double, Complex) {
    const CommandLine line;
    const auto spectrum = laplacian_spectrum({12, 13});
    line.write_matrix<S>("A.mtx", laplacian<S>({12, 13}));
    for (const std::string method : {"jacobi", "ic"}) {
        const CommandResult result = line.run("eigsh A.mtx -k 5 --preconditioner " + method + " --out run");
        CHECK(result.status == 0);
        CHECK(result.err == "");
        const Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
        CHECK((values.col(0) - spectrum.head(5)).cwiseAbs().maxCoeff() <= 1e-9);
        const auto json = line.json("run.json");
        CHECK(json["converged"] == true);
        CHECK(json["engine"] == "block_davidson");
        CHECK(json["preconditioned"].template get<Index>() > 0);
    }
    CHECK(line.run("eigsh A.mtx -k 5 --preconditioner none --out run").status == 0);
    CHECK(line.json("run.json")["preconditioned"] == 0);
}

TEST_CASE("app eigsh --preconditioner: a mass needs no solve") {
    const CommandLine line;
    const Sparse<double> A = laplacian({12, 13});
    Sparse<double> B(A.rows(), A.cols());
    B.setIdentity();
    B = 6.0 * B - 0.5 * (A - 4.0 * B);
    line.write_matrix<double>("A.mtx", A);
    line.write_matrix<double>("B.mtx", B);
    CHECK(line.run("eigsh A.mtx --mass B.mtx -k 3 --preconditioner ic --out run").status == 0);
    CHECK(line.run("eigsh A.mtx --mass B.mtx -k 3 --out reference").status == 0);
    CHECK(line.json("run.json")["factorizations"] == 0);
    const Matrix<double> values = read_dense<double>(line.file("run.values.mtx")),
                         reference = read_dense<double>(line.file("reference.values.mtx"));
    CHECK((values - reference).cwiseAbs().maxCoeff() <= 1e-9);
}

TEST_CASE("app eigsh --preconditioner: what it does not go with is status 2 and one sentence") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({6, 7}));
    line.write_matrix<Complex>("C.mtx", laplacian<Complex>({6, 7}));
    const auto refusal = [&](const std::string& arguments) {
        const CommandResult result = line.run("eigsh " + arguments + " -k 2 --out run");
        CHECK(result.status == 2);
        return result.err;
    };
    CHECK(contains(refusal("A.mtx --preconditioner ic --which largest"), "--which smallest"));
    CHECK(contains(refusal("A.mtx --preconditioner ic --sigma -1"), "--sigma"));
    CHECK(contains(refusal("A.mtx --preconditioner ic --factor ldlt --sigma -1"), "--sigma"));
    CHECK(contains(refusal("A.mtx --preconditioner ic --engine spectra"), "engine"));
    CHECK(contains(refusal("A.mtx --preconditioner ilu"), "ilu"));
    CHECK(contains(refusal("C.mtx --preconditioner amg"), "real matrices"));
}
