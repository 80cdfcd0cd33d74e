#ifdef LAMBDABAR_APP  // the command line may be left out of a build
#include "real_matrices/reference.hpp"

#include <numbers>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {
constexpr double kTol = 1e-10;  // of the command line, relative to ‖A‖
}

TEST_CASE("real matrices: bcsstk16's λ = 1 is found 74 times among 80 pairs") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    const Problem problem = data->problem("bcsstk16");
    const Found found = find_pairs(line, problem, Which::smallest, 80);
    INFO(found.sentence);
    REQUIRE(found.status == 0);
    CHECK(found.clusters().front() == 74);
    CHECK(found.error <= kTol);
    CHECK(found.residual <= kTol + static_cast<double>(problem.n) * kEps);
    CHECK(found.report["cuts_cluster"] == false);
}

TEST_CASE("real matrices: gr_30_30 has its formula's spectrum, doublets as doublets") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    Problem problem = data->problem("gr_30_30");
    problem.lowest.clear();
    const auto wave = [](int i) { return 1.0 + 2.0 * std::cos(i * std::numbers::pi / 31.0); };
    for (int i = 1; i <= 30; ++i) {
        for (int j = 1; j <= 30; ++j) problem.lowest.push_back(9.0 - wave(i) * wave(j));
    }
    std::sort(problem.lowest.begin(), problem.lowest.end());
    const Found found = find_pairs(line, problem, Which::smallest, 8);
    REQUIRE(found.status == 0);
    // error ≤ residual²/gap, gap ≥ 0.05: below rounding for residuals of 1e-10 ‖A‖
    CHECK(found.error <= static_cast<double>(problem.n) * kEps);
    CHECK(found.clusters() == std::vector<Index>{1, 2, 1, 2, 2});
}

TEST_CASE("real matrices: fem_lap32 has an exact doublet next to a pair that is split by 1e-7 of its norm") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    const Problem problem = data->problem("fem_lap32");
    const Found found = find_pairs(line, problem, Which::smallest, 8);
    REQUIRE(found.status == 0);
    CHECK(found.error <= static_cast<double>(problem.n) * kEps);
    CHECK(found.clusters() == std::vector<Index>{1, 2, 1, 1, 1, 2});
}

TEST_CASE("real matrices: pyamg_unit_square's zero eigenvalue has the constant vector") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    const Problem problem = data->problem("pyamg_unit_square");
    const Found found = find_pairs(line, problem, Which::smallest, 3);
    REQUIRE(found.status == 0);
    const double rounding = static_cast<double>(problem.n) * kEps * problem.norm;
    CHECK(std::abs(found.report["values"][0].get<double>()) <= rounding);
    const Matrix<double> X = read_dense<double>(line.file("found.vectors.mtx"));
    const double overlap = std::abs(X.col(0).sum()) / std::sqrt(static_cast<double>(problem.n));
    const double angle = kTol * problem.norm / problem.lowest[1];  // residual over gap
    CHECK(1.0 - overlap <= angle * angle + 100.0 * kEps);
}

TEST_CASE("real matrices: petsc_hpd is complex, and 11 of its 12 eigenvalues are found from either end") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    Problem problem = data->problem("petsc_hpd");
    REQUIRE(problem.lowest.size() == 12);
    problem.highest = problem.lowest;
    for (const Which which : {Which::smallest, Which::largest}) {
        const Found found = find_pairs(line, problem, which, 11);
        REQUIRE(found.status == 0);
        CHECK(found.report["scalar"] == "complex");
        CHECK(found.error <= 1e3 * kEps);
    }
}

TEST_CASE("real matrices: qc324 is refused as complex symmetric, not Hermitian") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    const CommandResult result = line.run("eigsh '" + data->file("qc324").string() + "' --out found");
    CHECK(result.status == 2);
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, "the matrix is complex symmetric, not Hermitian"));
    CHECK(line.names().empty());
}

TEST_CASE("real matrices: gradients pass the Taylor test of the command line") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const CommandLine line;
    for (const std::string name : {"petsc_hpd", "si2", "gr_30_30", "graphene_16x16", "pyamg_airfoil", "rdb200"}) {
        const CommandResult result = line.run("check '" + data->file(name).string() + "' -k 4");
        CAPTURE(name);
        INFO(result.out);
        INFO(result.err);
        CHECK(result.status == 0);
        CHECK(contains(result.out, "passed: remainders of order "));
    }
}
#endif
