#include "app/command_line.hpp"
#include "app/gradient_files.hpp"
#include "pencils.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 40;
constexpr double kLargest = 9.0;
constexpr double kTol = 1e-13;

template <ScalarType S>
TestPencil<S> pencil() {
    return test_pencil<S>(doublet_spectrum(n), 7);
}

/// φ = Σ_i w_i (λ_i²/2 + x_iᴴ D x_i), with one weight for the pairs of a cluster: smooth where a doublet splits.
struct Loss {
    std::string options;
    Eigen::VectorXd weights;
    Eigen::VectorXd D = random_matrix<double>(n, 1, 8);

    std::string eigsh() const {
        return "--mass B.mtx -k " + std::to_string(weights.size()) + " --tol 1e-13 " + options + " --out run";
    }
    template <ScalarType S>
    double value(const CommandLine& line) const {
        const Eigen::VectorXd values = read_dense<double>(line.file("run.values.mtx"));
        const Matrix<S> X = read_dense<S>(line.file("run.vectors.mtx"));
        return weights.dot(0.5 * values.cwiseAbs2()) + weights.dot(Eigen::VectorXd(X.cwiseAbs2().transpose() * D));
    }
    template <ScalarType S>
    void write_bars(const CommandLine& line) const {
        const Eigen::VectorXd values = read_dense<double>(line.file("run.values.mtx"));
        const Matrix<S> X = read_dense<S>(line.file("run.vectors.mtx"));
        write_matrix_market(line.file("values_bar.mtx"), Matrix<double>(weights.cwiseProduct(values)));
        write_matrix_market(line.file("vectors_bar.mtx"), Matrix<S>(2.0 * D.template cast<S>().asDiagonal() * X *
                                                                    weights.template cast<S>().asDiagonal()));
    }
};

const Loss kLowest{"", numbers({1.0, 2.0, 2.0, 3.0})};
const Loss kInterior{"--which nearest --sigma 2.4", numbers({2.0, 2.0, 3.0})};
const Loss kHighest{"--which largest", numbers({2.0, 3.0})};

/// Of Frobenius norm 1.
template <ScalarType S>
Sparse<S> unit_direction_on(const Sparse<S>& M, unsigned seed) {
    const Sparse<S> D = direction_on(M, seed);
    return D * S{1.0 / D.norm()};
}

const std::string kBars =
    " --pairs run --values-bar values_bar.mtx --vectors-bar vectors_bar.mtx --tol 1e-12 --out back";

/// Pencil, pairs and cotangents in files.
template <ScalarType S>
struct Prepared {
    CommandLine line;
    TestPencil<S> matrices = pencil<S>();

    explicit Prepared(const Loss& loss, bool general = false) {
        line.write_matrix<S>("A.mtx", matrices.A, general);
        line.write_matrix<S>("B.mtx", matrices.B, !general);
        REQUIRE(line.run("eigsh A.mtx " + loss.eigsh()).status == 0);
        loss.write_bars<S>(line);
    }
};

/// φ(A + t dA, B + t dB), through files.
template <ScalarType S>
double moved_value(const CommandLine& line, const Loss& loss, const Sparse<S>& A, const Sparse<S>& B) {
    line.write_matrix<S>("A.mtx", A);
    line.write_matrix<S>("B.mtx", B, true);
    REQUIRE(line.run("eigsh A.mtx " + loss.eigsh()).status == 0);
    return loss.value<S>(line);
}

}  // namespace

TEST_CASE_TEMPLATE("app pullback --mass: both gradients agree with differences of perturbed files, doublet included", S,
                   double, Complex) {
    for (const Loss& loss : {kLowest, kInterior, kHighest}) {
        for (const bool general : {false, true}) {
            const Prepared<S> run(loss, general);
            CAPTURE(loss.options);
            const CommandLine& line = run.line;
            const CommandResult result = line.run("pullback A.mtx --mass B.mtx" + kBars);
            INFO(result.err);
            REQUIRE(result.status == 0);
            CHECK(result.out == "");
            CHECK(result.err == "");
            for (const std::string name : {"A", "B"}) {  // each on the pattern and in the storage of its matrix
                const auto header = read_matrix_market_header(
                               line.file(name == "A" ? "back.gradient.mtx" : "back.mass_gradient.mtx")),
                           given = read_matrix_market_header(line.file(name + ".mtx"));
                CHECK(header.symmetry == given.symmetry);
                CHECK(header.field == given.field);
                CHECK(header.entries == given.entries);
            }
            const auto json = line.json("back.json");
            CHECK(json["convention"] == (general ? "full" : "lower"));
            CHECK(json["mass_convention"] == (general ? "lower" : "full"));
            CHECK(json["mass"] == "B.mtx");
            CHECK(json["method"] == "shift_invert");
            CHECK(json["factor"].is_string());
            CHECK(json["solves"].template get<Index>() > 0);
            CHECK(json["products"] == 0);
            CHECK(json["error_estimate"].template get<double>() < 1e-6);

            // Fourth-order differences: h⁴ size⁵ of truncation with gaps ≥ 1 (nearest to the top: 4/35), where a
            // change of B counts λ times and both count ‖B⁻¹‖ times; and the error of the pairs over h.
            const double gap = loss.options == kHighest.options ? 4.0 / 35.0 : 1.0;
            const double h = 1e-3 * gap, condition = run.matrices.condition;
            for (const bool of_A : {true, false}) {
                const Sparse<S>& M = of_A ? run.matrices.A : run.matrices.B;
                const double unit = of_A ? 1.0 : 1.0 / kLargest;
                const Sparse<S> dM = unit_direction_on(M, of_A ? 9 : 10) * S{unit};
                const auto value_at = [&](double t) {
                    const Sparse<S> moved = M + S{t} * dM;
                    return moved_value<S>(line, loss, of_A ? moved : run.matrices.A, of_A ? run.matrices.B : moved);
                };
                const double slope_in_file = slope<S>(line, of_A ? "back.gradient.mtx" : "back.mass_gradient.mtx", dM);
                const double differences =
                    (8.0 * (value_at(h) - value_at(-h)) - (value_at(2 * h) - value_at(-2 * h))) / (12.0 * h);
                const double size = condition / gap;
                const double tolerance = std::pow(h, 4) * std::pow(size, 5) +
                                         1e2 * (kTol * kLargest + run.matrices.noise() / 10.0) / (gap * h);
                CAPTURE(of_A);
                CAPTURE(tolerance);
                CHECK(std::abs(slope_in_file - differences) <= tolerance);
                CHECK(std::abs(differences) > 1e2 * tolerance);
            }
        }
    }
}

TEST_CASE_TEMPLATE("app pullback --mass: every factorization and none give the same gradients", S, double, Complex) {
    for (const Loss& loss : {kLowest, kInterior}) {
        const Prepared<S> run(loss);
        const auto gradients = [&](const std::string& factor) {
            const CommandResult result = run.line.run("pullback A.mtx --mass B.mtx --factor " + factor + kBars);
            if (contains(result.err, "was built without")) return Vector<S>();
            INFO(result.err);
            REQUIRE(result.status == 0);
            const Matrix<S> g = read_dense<S>(run.line.file("back.gradient.mtx")),
                            m = read_dense<S>(run.line.file("back.mass_gradient.mtx"));
            Vector<S> both(g.size() + m.size());
            both << g.reshaped(), m.reshaped();
            return both;
        };
        const Vector<S> expected = gradients("auto");
        // The same pairs, adjoints to 1e-12 relative: error tol·‖P‖/gap with gap ≥ 1 and a norm of P at most condition.
        const double tolerance = 1e2 * run.matrices.condition * (1e-12 + run.matrices.noise()) * expected.norm();
        for (const std::string factor : {"none", "ldlt", "lu", "cholmod", "mumps"}) {
            CAPTURE(factor);
            const Vector<S> g = gradients(factor);
            if ((factor == "cholmod" || factor == "mumps") && g.size() == 0) continue;
            REQUIRE(g.size() == expected.size());
            CHECK((g - expected).norm() <= tolerance);
            const auto json = run.line.json("back.json");
            CHECK(json["factor"].is_null() == (factor == "none"));
            CHECK(json["sigma"].is_null() == (factor == "none"));
            CHECK((json["products"] > 0) == (factor == "none"));
            CHECK((json["method"] == "shift_invert") == (factor != "none"));
        }
    }
}

TEST_CASE("app pullback --mass: eigenvalue cotangents alone need no factorization and no solve") {
    const Prepared<double> run(kLowest);
    REQUIRE(run.line.run("pullback A.mtx --mass B.mtx --pairs run --values-bar values_bar.mtx --out back").status == 0);
    const auto json = run.line.json("back.json");
    CHECK(json["factor"].is_null());
    CHECK(json["solves"] == 0);
    CHECK(json["products"] == 0);
    // dφ = Σ λ̄_i (x_iᵀ dA x_i − λ_i x_iᵀ dB x_i), λ̄_i = w_i λ_i; the doublet enters by its trace.
    const auto exact = reference_eigh<double>(dense(run.matrices.A), dense(run.matrices.B));
    const Eigen::MatrixXd X = exact.vectors.leftCols(4);
    const Eigen::VectorXd values = exact.values.head(4), bar = kLowest.weights.cwiseProduct(values);
    const Sparse<double> dM = unit_direction_on(run.matrices.A, 3), dN = unit_direction_on(run.matrices.B, 4);
    const double in_A = bar.dot((X.transpose() * (dM * X)).diagonal());
    const double in_B = -bar.cwiseProduct(values).dot((X.transpose() * (dN * X)).diagonal());
    // Vectors are good to (tol ‖A‖ + noise)/gap; the weights' sum is 8, λ at most 3.
    const double tolerance = 1e2 * (kTol * kLargest + run.matrices.noise()) * run.matrices.condition;
    CHECK(std::abs(slope<double>(run.line, "back.gradient.mtx", dM) - in_A) <= tolerance);
    CHECK(std::abs(slope<double>(run.line, "back.mass_gradient.mtx", dN) - in_B) <= tolerance);
    CHECK(std::abs(in_A) > 1e3 * tolerance);
    CHECK(std::abs(in_B) > 1e3 * tolerance);
}

TEST_CASE("app pullback: pairs of a standard problem that were found by a factorization are factorized again") {
    const CommandLine line;
    const Sparse<double> A = sparse_with_spectrum<double>(doublet_spectrum(n), 3);
    line.write_matrix<double>("A.mtx", A);
    REQUIRE(line.run("eigsh A.mtx -k 3 --which nearest --sigma 2.4 --tol 1e-13 --out run").status == 0);
    kInterior.write_bars<double>(line);
    REQUIRE(line.run("pullback A.mtx" + kBars).status == 0);
    const auto json = line.json("back.json");
    CHECK(json["method"] == "shift_invert");
    CHECK(json["sigma"] == 2.4);
    CHECK(json["mass"].is_null());
    CHECK(!json.contains("mass_convention"));
    CHECK(!fs::exists(line.file("back.mass_gradient.mtx")));
    const Matrix<double> by_solves = read_dense<double>(line.file("back.gradient.mtx"));
    REQUIRE(line.run("pullback A.mtx --factor none" + kBars).status == 0);
    CHECK(line.json("back.json")["method"] == "minres");  // the projected operator is indefinite
    const Matrix<double> by_products = read_dense<double>(line.file("back.gradient.mtx"));
    CHECK((by_solves - by_products).norm() <= 1e2 * 1e-12 * by_solves.norm());
}

TEST_CASE_TEMPLATE("app pullback --mass: a spectral function writes both gradients, exact at a doublet", S, double,
                   Complex) {
    const Prepared<S> run(kLowest);
    // F = Σ f(λ_i) x_i x_iᴴ with f = 1 on the set and F̄ = D: the part Σ x_iᴴ D x_i, as pairs with weights 1.
    Loss plain = kLowest;
    plain.weights.setOnes();
    const Matrix<S> X = read_dense<S>(run.line.file("run.vectors.mtx"));
    write_matrix_market(run.line.file("one.mtx"), Matrix<double>(Matrix<double>::Ones(4, 1)));
    write_matrix_market(run.line.file("zero.mtx"), Matrix<double>(Matrix<double>::Zero(4, 1)));
    write_matrix_market(run.line.file("DX.mtx"), Matrix<S>(plain.D.template cast<S>().asDiagonal() * X));
    plain.write_bars<S>(run.line);
    const auto gradients = [&](const std::string& bars) {
        const CommandResult result =
            run.line.run("pullback A.mtx --mass B.mtx --pairs run --tol 1e-12 " + bars + " --out back");
        INFO(result.err);
        REQUIRE(result.status == 0);
        const Matrix<S> g = read_dense<S>(run.line.file("back.gradient.mtx")),
                        m = read_dense<S>(run.line.file("back.mass_gradient.mtx"));
        return std::pair{g, m};
    };
    const auto spectral = gradients("--f one.mtx --f-slope zero.mtx --density-bar DX.mtx");
    const auto by_pairs = gradients("--vectors-bar vectors_bar.mtx");
    const double tolerance = 1e2 * run.matrices.condition * (1e-12 + run.matrices.noise());
    CHECK((spectral.first - by_pairs.first).norm() <= tolerance * by_pairs.first.norm());
    CHECK((spectral.second - by_pairs.second).norm() <= tolerance * by_pairs.second.norm());
    CHECK(by_pairs.second.norm() > 1e-2);
}
