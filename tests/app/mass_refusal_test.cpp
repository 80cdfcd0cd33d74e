#include "app/command_line.hpp"
#include "pencils.hpp"

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 30;

/// A pencil with the doublet 2, 2 in A.mtx and B.mtx.
struct Prepared {
    CommandLine line;
    TestPencil<double> pencil = test_pencil<double>(doublet_spectrum(n), 7);

    Prepared() {
        line.write_matrix<double>("A.mtx", pencil.A);
        line.write_matrix<double>("B.mtx", pencil.B);
    }
    /// Status, one sentence on stderr that has `part`, nothing on stdout, no new file.
    void refused(const std::string& arguments, const std::string& part, int status = 2) const {
        CAPTURE(arguments);
        const auto before = line.names();
        const CommandResult result = line.run(arguments);
        CAPTURE(result.err);
        CHECK(result.status == status);
        CHECK(result.out == "");
        CHECK(one_sentence(result.err));
        CHECK(contains(result.err, part));
        CHECK(line.names() == before);
    }
};

const std::string kEigsh = "eigsh A.mtx --mass B.mtx --out x ";

}  // namespace

TEST_CASE("app --mass: options that contradict each other are status 2, in the words of the command line") {
    const Prepared run;
    run.refused(kEigsh + "--which nearest", "--which nearest needs --sigma");
    run.refused(kEigsh + "--which nearest --sigma 2 --factor none", "which --factor none forbids");
    run.refused(kEigsh + "--sigma 0.5 --factor none", "which --factor none forbids");
    run.refused(kEigsh + "--which largest --sigma 2", "not largest");
    run.refused("eigsh A.mtx --out x --which largest --factor ldlt", "--factor ldlt has nothing to factorize");
    run.refused(kEigsh + "--factor qr", "--factor");
    run.refused(kEigsh + "--sigma two", "--sigma");
    run.refused(kEigsh + "--which nearest --sigma inf", "sigma = inf must be finite");
    run.refused(kEigsh + "--engine spectra", "spectra");
    run.refused("eigmin A.mtx --mass-gradient m.mtx", "--mass-gradient needs --mass");
    run.refused("eigmin A.mtx --mass B.mtx --gradient g.mtx --mass-gradient g.mtx", "name the same file");
    run.refused("check A.mtx --mass B.mtx", "not with --mass");
    CHECK(!contains(run.line.run("check --help").out, "--mass"));
    run.refused("eigsh A.mtx --mass B.mtx --out missing/x", "missing/x.values.mtx");
    run.refused("eigmin A.mtx --mass B.mtx --mass-gradient missing/m.mtx", "missing/m.mtx");
}

TEST_CASE("app --factor: a method that the build lacks is status 2 and the name of what to install") {
    const Prepared run;
    const std::pair<std::string, std::string> components[] = {{"cholmod", "libsuitesparse-dev"},
                                                              {"mumps", "libmumps-seq-dev"}};
    for (const auto& component : components) {
        const CommandResult result = run.line.run(kEigsh + "--factor " + component.first);
        if (result.status == 0) continue;  // it is built
        CHECK(result.status == 2);
        CHECK(one_sentence(result.err));
        CHECK(contains(result.err, "--factor " + component.first + ": this lambdabar was built without "));
        CHECK(contains(result.err, component.second));
    }
}

TEST_CASE("app --mass: a mass that is missing, of another size, not Hermitian or damaged is named") {
    const Prepared run;
    run.refused("eigsh A.mtx --mass nowhere.mtx --out x", "nowhere.mtx");
    run.line.write_matrix<double>("short.mtx", laplacian({5}));
    run.refused("eigsh A.mtx --mass short.mtx --out x", "short.mtx: the mass has 5 rows, the matrix A.mtx has 30");
    run.refused("eigmin A.mtx --mass short.mtx", "short.mtx");
    run.line.write("bad.mtx", "%%MatrixMarket matrix coordinate real general\n30 30 2\n1 2 1\n2 1 2\n");
    run.refused("eigsh A.mtx --mass bad.mtx --out x", "bad.mtx: ");
    run.refused("eigsh A.mtx --mass bad.mtx --out x", "not symmetric");
    run.line.write("bad.mtx", "%%MatrixMarket matrix coordinate complex symmetric\n30 30 2\n1 1 1 1\n2 1 1 1\n");
    run.refused("eigsh A.mtx --mass bad.mtx --out x", "complex symmetric, not Hermitian");
}

TEST_CASE("app --mass: indefinite masses, a shift above the spectrum and a common null vector are status 2") {
    const Prepared run;
    // One negative diagonal entry; then a negative 2×2 block behind a positive diagonal.
    Sparse<double> B = run.pencil.B;
    B.coeffRef(4, 4) = -1.0;
    run.line.write_matrix<double>("indefinite.mtx", B);
    run.refused("eigsh A.mtx --mass indefinite.mtx --out x", "B is indefinite: its diagonal entry 4 is -1");
    run.refused("eigsh A.mtx --mass indefinite.mtx --out x --which largest", "positive definite");
    run.refused("eigsh A.mtx --mass indefinite.mtx --out x --factor none", "B is indefinite");
    B = run.pencil.B;
    B.coeffRef(4, 5) = B.coeffRef(5, 4) = 10.0;
    run.line.write_matrix<double>("hidden.mtx", B);
    for (const std::string options : {"", " --which largest", " --factor none"})
        run.refused("eigsh A.mtx --mass hidden.mtx --out x" + options, "definite");

    run.refused(kEigsh + "--sigma 2.5", "does not lie below the spectrum: 3 eigenvalues are smaller");

    // Row and column 3 vanish from both.
    const auto without = [](Sparse<double> M) {
        M.prune([](Index r, Index c, double) { return r != 3 && c != 3; });
        return M;
    };
    run.line.write_matrix<double>("A0.mtx", without(run.pencil.A));
    run.line.write_matrix<double>("B0.mtx", without(run.pencil.B));
    run.refused("eigsh A0.mtx --mass B0.mtx --out x", "A and B share a null vector");
}

TEST_CASE("app --mass: a shift on an eigenvalue is moved, and the shift in force reported") {
    const Prepared run;
    // Exact integers on the diagonals, so that A − 3B is exactly singular.
    std::string A = "%%MatrixMarket matrix coordinate real symmetric\n8 8 8\n", B = A;
    for (int i = 1; i <= 8; ++i) {
        A += std::to_string(i) + " " + std::to_string(i) + " " + std::to_string(2 * i) + "\n";
        B += std::to_string(i) + " " + std::to_string(i) + " 2\n";
    }
    run.line.write("D.mtx", A);
    run.line.write("E.mtx", B);
    REQUIRE(run.line.run("eigsh D.mtx --mass E.mtx -k 1 --which nearest --sigma 3 --factor ldlt --out run").status ==
            0);
    const auto json = run.line.json("run.json");
    const double sigma = json["sigma"];
    CHECK(sigma != 3.0);
    CHECK(std::abs(sigma - 3.0) < 1e-6);
    const Matrix<double> values = read_dense<double>(run.line.file("run.values.mtx"));
    CHECK((values.array() - 3.0).abs().maxCoeff() <= 100.0 * kEps);
}

TEST_CASE("app pullback --mass: pairs of another problem, or of another mass, are refused") {
    const Prepared run;
    REQUIRE(run.line.run("eigsh A.mtx --mass B.mtx -k 4 --out run").status == 0);
    REQUIRE(run.line.run("eigsh A.mtx -k 4 --out standard").status == 0);
    run.line.write("bar.mtx", "%%MatrixMarket matrix array real general\n4 1\n1\n1\n1\n1\n");
    const std::string bar = " --values-bar bar.mtx --out back";
    run.refused("pullback A.mtx --pairs run" + bar, "run.json: the pairs are of A x = λ B x: give --mass B.mtx");
    run.refused("pullback A.mtx --mass B.mtx --pairs standard" + bar, "standard.json: the pairs are of A x = λ x");
    // One entry changed by 1e-5: seen by the residuals in A, and by the orthonormality too in B.
    Sparse<double> moved = run.pencil.A;
    moved.coeffRef(2, 2) += 1e-5;
    run.line.write_matrix<double>("A1.mtx", moved);
    run.refused("pullback A1.mtx --mass B.mtx --pairs run" + bar, "these are not eigenpairs of these matrices");
    moved = run.pencil.B;
    moved.coeffRef(2, 2) += 1e-5;
    run.line.write_matrix<double>("B1.mtx", moved);
    run.refused("pullback A.mtx --mass B1.mtx --pairs run" + bar, "these are not eigenpairs of these matrices");
    // The right eigenvectors, scaled: residuals alone would pass.
    Matrix<double> X = read_dense<double>(run.line.file("run.vectors.mtx"));
    write_matrix_market(run.line.file("run.vectors.mtx"), Matrix<double>(0.5 * X));
    run.refused("pullback A.mtx --mass B.mtx --pairs run" + bar, "the vectors are not B-orthonormal");
    write_matrix_market(run.line.file("run.vectors.mtx"), X);
    CHECK(run.line.run("pullback A.mtx --mass B.mtx --pairs run" + bar).status == 0);
}

TEST_CASE("app pullback: reports without the keys of this version are those of a standard problem") {
    const Prepared run;
    REQUIRE(run.line.run("eigsh A.mtx -k 4 --out run").status == 0);
    auto report = run.line.json("run.json");
    for (const char* key : {"mass", "sigma", "certified", "singular_B", "solves", "factorizations"}) report.erase(key);
    run.line.write("run.json", report.dump());
    run.line.write("bar.mtx", "%%MatrixMarket matrix array real general\n4 1\n1\n1\n1\n1\n");
    CHECK(run.line.run("pullback A.mtx --pairs run --values-bar bar.mtx --out back").status == 0);
    run.refused("pullback A.mtx --mass B.mtx --pairs run --values-bar bar.mtx --out x", "are of A x = λ x");
}

TEST_CASE("app: a set around a shift that cuts a doublet is reported, and has no derivative: status 4") {
    const Prepared run;
    run.line.write_matrix<double>("S.mtx", sparse_with_spectrum<double>(doublet_spectrum(n), 3));
    run.line.write("bar.mtx", "%%MatrixMarket matrix array real general\n2 1\n1\n1\n");
    for (const std::string files : {"A.mtx --mass B.mtx", "S.mtx"}) {
        for (const std::string sigma : {"1.4", "2.9"}) {  // 1, 2 of the doublet above, and 2 of it below, 3
            CAPTURE(files);
            CAPTURE(sigma);
            REQUIRE(run.line.run("eigsh " + files + " -k 2 --which nearest --sigma " + sigma + " --out cut").status ==
                    0);
            CHECK(run.line.json("cut.json")["cuts_cluster"] == true);
            run.refused("pullback " + files + " --pairs cut --values-bar bar.mtx --out back", "cuts a cluster", 4);
        }
    }
}

TEST_CASE("app eigsh --mass: not converged is status 3 and counts solves") {
    const CommandLine line;
    const Index m = 400;
    line.write_matrix<double>("A.mtx", laplacian({m}));
    line.write_matrix<double>("B.mtx", Sparse<double>(laplacian({m}) + 2.0 * laplacian({m}).cwiseAbs()));
    const CommandResult result = line.run("eigsh A.mtx --mass B.mtx -k 6 --max-products 8 --out run");
    CHECK(result.status == 3);
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, " solves: "));
    CHECK(line.json("run.json")["converged"] == false);
    CHECK(line.json("run.json")["certified"] == false);
}
