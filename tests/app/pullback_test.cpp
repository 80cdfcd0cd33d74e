#include "app/command_line.hpp"
#include "app/gradient_files.hpp"

#include <lambdabar/derivative/divided_difference.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 40;
constexpr Index k = 4;
constexpr double kNorm = 9.0;

/// φ = Σ_c w_c Σ_{i∈c} (λ_i²/2 + x_iᴴ D x_i), clusters {0}, {1, 2}, {3} with weights 1, 2, 2, 3: smooth where the
/// doublet splits. Its cotangents come from values and vectors in files, and so does its value.
struct Loss {
    Eigen::VectorXd weights = numbers({1.0, 2.0, 2.0, 3.0});
    Eigen::VectorXd D = random_matrix<double>(n, 1, 8);

    template <ScalarType S>
    double value(const CommandLine& line, const std::string& prefix) const {
        const Eigen::VectorXd values = read_dense<double>(line.file(prefix + ".values.mtx"));
        const Matrix<S> X = read_dense<S>(line.file(prefix + ".vectors.mtx"));
        return weights.dot(0.5 * values.cwiseAbs2()) + weights.dot(Eigen::VectorXd(X.cwiseAbs2().transpose() * D));
    }
    template <ScalarType S>
    void write_bars(const CommandLine& line, const std::string& prefix) const {
        const Eigen::VectorXd values = read_dense<double>(line.file(prefix + ".values.mtx"));
        const Matrix<S> X = read_dense<S>(line.file(prefix + ".vectors.mtx"));
        write_matrix_market(line.file("values_bar.mtx"), Matrix<double>(weights.cwiseProduct(values)));
        write_matrix_market(line.file("vectors_bar.mtx"), Matrix<S>(2.0 * D.template cast<S>().asDiagonal() * X *
                                                                    weights.template cast<S>().asDiagonal()));
    }
};

const std::string kEigsh = "eigsh A.mtx -k 4 --tol 1e-13 --out run";

}  // namespace

TEST_CASE_TEMPLATE("app pullback: file to gradient agrees with differences of perturbed files, at a doublet too", S,
                   double, Complex) {
    const CommandLine line;
    const Loss loss;
    const Sparse<S> M = sparse_with_spectrum<S>(doublet_spectrum(n), 7), dA = direction_on(M, 9);
    for (const bool general : {false, true}) {
        line.write_matrix<S>("A.mtx", M, general);
        REQUIRE(line.run(kEigsh).status == 0);
        loss.write_bars<S>(line, "run");
        const CommandResult result = line.run(
            "pullback A.mtx --pairs run --values-bar values_bar.mtx --vectors-bar vectors_bar.mtx --tol 1e-12 --out "
            "back");
        CHECK(result.status == 0);
        CHECK(result.out == "");
        CHECK(result.err == "");
        const auto header = read_matrix_market_header(line.file("back.gradient.mtx")),
                   given = read_matrix_market_header(line.file("A.mtx"));
        CHECK(header.symmetry == given.symmetry);
        CHECK(header.field == given.field);
        CHECK(header.entries == given.entries);

        // Fourth-order differences: h⁴ ‖dA‖⁵/gap⁴ of truncation, tol ‖A‖/(gap h) of noise in the vectors.
        const double h = 1e-3;
        const auto value_at = [&](double t) {
            line.write_matrix<S>("moved.mtx", Sparse<S>(M + S{t} * dA), general);
            REQUIRE(line.run("eigsh moved.mtx -k 4 --tol 1e-13 --out moved").status == 0);
            return loss.value<S>(line, "moved");
        };
        const double differences =
            (8.0 * (value_at(h) - value_at(-h)) - (value_at(2 * h) - value_at(-2 * h))) / (12.0 * h);
        const double size = dA.norm();
        const double tolerance = std::pow(h, 4) * std::pow(size, 5) + 1e2 * 1e-13 * kNorm / h;
        CAPTURE(tolerance);
        CHECK(std::abs(slope<S>(line, "back.gradient.mtx", dA) - differences) <= tolerance);
        CHECK(std::abs(differences) > 1e3 * tolerance);

        const auto json = line.json("back.json");
        CHECK(json["convention"] == (general ? "full" : "lower"));
        CHECK(json["gauge_residual"].template get<double>() < 1e-8);
        CHECK(json["gauge"].size() == 3);
        CHECK(json["adjoint_residuals"].size() == 4);
        CHECK(json["products"].template get<Index>() > 0);
        CHECK(json["error_estimate"].template get<double>() < 1e-6);
    }
}

TEST_CASE_TEMPLATE("app pullback: a spectral function is exact at a doublet", S, double, Complex) {
    const CommandLine line;
    const Sparse<S> M = sparse_with_spectrum<S>(doublet_spectrum(n), 7), dA = direction_on(M, 9);
    line.write_matrix<S>("A.mtx", M);
    REQUIRE(line.run(kEigsh).status == 0);
    const Eigen::VectorXd values = read_dense<double>(line.file("run.values.mtx")),
                          f = (-values.array()).exp().matrix();
    const Matrix<S> H = random_hermitian<S>(n, 11), X = read_dense<S>(line.file("run.vectors.mtx"));
    write_matrix_market(line.file("f.mtx"), Matrix<double>(f));
    write_matrix_market(line.file("slope.mtx"), Matrix<double>(-f.transpose()));  // a row serves too
    write_matrix_market(line.file("FX.mtx"), Matrix<S>(H * X));
    REQUIRE(
        line.run("pullback A.mtx --pairs run --f f.mtx --f-slope slope.mtx --density-bar FX.mtx --tol 1e-12 --out back")
            .status == 0);

    // d tr(H F) = Re tr(H Ḟ), Ḟ_ji = f[λ_j, λ_i] (dA)_ji in the eigenbasis; pairs outside the set have f = 0 there.
    const auto all = reference_eigh<S>(dense(M));
    const Matrix<S> dense_dA = dense(dA), B = all.vectors.adjoint() * dense_dA * all.vectors,
                    C = all.vectors.adjoint() * H * all.vectors;
    const auto f_exact = [](double x) { return std::exp(-x); };
    const auto f_prime = [](double x) { return -std::exp(-x); };
    double exact = 0.0;
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            double quotient = 0.0;
            if (i < k && j < k)
                quotient = divided_difference(f_exact, f_prime, all.values(i), all.values(j));
            else if (i < k)
                quotient = f_exact(all.values(i)) / (all.values(i) - all.values(j));
            else if (j < k)
                quotient = f_exact(all.values(j)) / (all.values(j) - all.values(i));
            exact += quotient * std::real(Eigen::numext::conj(C(j, i)) * B(j, i));
        }
    }
    // Quotients of values and slopes alone are good to eps^(2/3).
    const double tolerance = std::pow(kEps, 2.0 / 3.0) * 10.0 * H.norm() * dA.norm();
    CHECK(std::abs(slope<S>(line, "back.gradient.mtx", dA) - exact) <= tolerance);
    CHECK(std::abs(exact) > 1e3 * tolerance);
}

namespace {

/// An eigsh run on a matrix with a doublet, and cotangents that fit.
struct Prepared {
    CommandLine line;
    Sparse<double> M = sparse_with_spectrum<double>(doublet_spectrum(n), 7);
    Prepared() {
        line.write_matrix<double>("A.mtx", M);
        REQUIRE(line.run(kEigsh).status == 0);
        Loss().write_bars<double>(line, "run");
    }
    void refused(const std::string& arguments, int status, const std::string& part) const {
        const auto before = line.names();
        const CommandResult result = line.run("pullback " + arguments + " --out back");
        CAPTURE(arguments);
        CAPTURE(result.err);
        CHECK(result.status == status);
        CHECK(one_sentence(result.err));
        CHECK(contains(result.err, part));
        CHECK(line.names() == before);
    }
};

const std::string kBars = " --values-bar values_bar.mtx --vectors-bar vectors_bar.mtx";

}  // namespace

TEST_CASE("app pullback: pairs of another matrix are refused with both residuals") {
    const Prepared run;
    Sparse<double> other = run.M;
    other.coeffRef(3, 3) += 1e-6;
    run.line.write_matrix<double>("B.mtx", other);
    run.refused("B.mtx --pairs run" + kBars, 2, "these are not eigenpairs of this matrix: ‖A x − λ x‖ = ");
    run.line.write_matrix<double>("small.mtx", laplacian({9}));
    run.refused("small.mtx --pairs run" + kBars, 2, "a matrix of size 9");
    run.line.write_matrix<Complex>("C.mtx", sparse_with_spectrum<Complex>(doublet_spectrum(n), 7));
    run.refused("C.mtx --pairs run" + kBars, 2, "these are not eigenpairs of this matrix");
}

TEST_CASE("app pullback: files of pairs that are missing, damaged or contradict each other are refused") {
    const Prepared run;
    const std::string arguments = "A.mtx --pairs run" + kBars;
    run.refused("A.mtx --pairs nowhere" + kBars, 2, "nowhere.values.mtx");
    const std::string report = run.line.read("run.json");
    const auto with_report = [&](const std::string& text, const std::string& part) {
        run.line.write("run.json", text);
        run.refused(arguments, 2, part);
    };
    const auto edited = [&](const std::string& pointer, const nlohmann::json& value) {
        auto json = nlohmann::json::parse(report);
        json[nlohmann::json::json_pointer(pointer)] = value;
        return json.dump();
    };
    with_report("", "run.json");
    with_report(report.substr(0, report.size() / 2), "run.json");
    with_report("[1, 2]", "run.json");
    with_report(edited("/clusters/1/count", 1), "does not continue a partition");
    with_report(edited("/clusters/1/count", 1000000000), "does not continue a partition");
    with_report(edited("/clusters/0/first", -1), "does not continue a partition");
    with_report(edited("/residuals", {1.0}), "holds 1 residuals for 4 values");
    with_report(edited("/residuals/2", nullptr), "says converged");
    with_report(edited("/residuals/2", 1.0), "says converged");
    with_report(edited("/norm_A", nullptr), "norm_A");
    with_report(edited("/converged", "yes"), "run.json");
    run.line.write("run.json", report);
    const std::string vectors = run.line.read("run.vectors.mtx");
    run.line.write("run.vectors.mtx", vectors.substr(0, vectors.size() - 200));
    run.refused(arguments, 2, "run.vectors.mtx");
    run.line.write("run.vectors.mtx", vectors);
    CHECK(run.line.run("pullback " + arguments + " --out back").status == 0);
}

TEST_CASE("app pullback: the same vector twice is not an eigenbasis") {
    const Prepared run;
    Matrix<double> X = read_dense<double>(run.line.file("run.vectors.mtx"));
    X.col(2) = X.col(1);
    write_matrix_market(run.line.file("run.vectors.mtx"), X);
    run.refused("A.mtx --pairs run" + kBars, 2, "not orthonormal");
}

TEST_CASE("app pullback: cotangents that are missing, mixed, or of the wrong size are refused") {
    const Prepared run;
    run.refused("A.mtx --pairs run", 2, "pullback needs either");
    run.refused("A.mtx --pairs run --f values_bar.mtx" + kBars, 2, "pullback needs either");
    run.refused("A.mtx --pairs run --f values_bar.mtx --f-slope values_bar.mtx", 2, "needs all of");
    run.refused("A.mtx --pairs run --values-bar vectors_bar.mtx", 2, "not one number for each of the 4 pairs");
    run.refused("A.mtx --pairs run --vectors-bar values_bar.mtx", 2, "holds a 4×1 matrix, the eigenvectors are 40×4");
    run.refused("A.mtx --pairs run --gauge maybe" + kBars, 2, "--gauge");
}

TEST_CASE("app pullback: pairs that did not converge are status 3") {
    const Prepared run;
    run.line.write_matrix<double>("L.mtx", laplacian({40, 40}));
    CHECK(run.line.run("eigsh L.mtx -k 4 --tol 1e-12 --max-products 40 --out lazy").status == 3);
    run.refused("L.mtx --pairs lazy --values-bar values_bar.mtx", 3, "has not converged");
}

TEST_CASE("app pullback: a cotangent that sees the basis of a doublet is status 4, unless it is to be projected") {
    const Prepared run;
    Matrix<double> bar = Matrix<double>::Zero(n, 4);
    // Along the other vector of the doublet: seen in whatever basis it comes.
    bar.col(1) = random_matrix<double>(n, 1, 12) + 10.0 * read_dense<double>(run.line.file("run.vectors.mtx")).col(2);
    write_matrix_market(run.line.file("seeing.mtx"), bar);
    run.refused("A.mtx --pairs run --vectors-bar seeing.mtx", 4, "pairs 2 to 3");
    CHECK(run.line.run("pullback A.mtx --pairs run --vectors-bar seeing.mtx --gauge project --out back").status == 0);
    const auto json = run.line.json("back.json");
    CHECK(json["gauge_residual"].get<double>() > 1e-3);
    CHECK(json["gauge"][1]["residual"] == json["gauge_residual"]);
}

TEST_CASE("app pullback: a set that cuts a cluster is status 4, naming the distance") {
    const Prepared run;
    CHECK(run.line.run("eigsh A.mtx -k 2 --tol 1e-13 --out cut").status == 0);
    run.line.write("two.mtx", "%%MatrixMarket matrix array real general\n2 1\n1\n1\n");
    run.refused("A.mtx --pairs cut --values-bar two.mtx", 4, "cuts a cluster: λ_k = 2");
    // The pair below the cut has a derivative all the same.
    run.line.write("first.mtx", "%%MatrixMarket matrix array real general\n2 1\n1\n0\n");
    CHECK(run.line.run("pullback A.mtx --pairs cut --values-bar first.mtx --out back").status == 0);
}
