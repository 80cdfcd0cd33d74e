#include "app/command_line.hpp"
#include "pencils.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// P1 elements on [0, 1] with Dirichlet walls, n inner nodes, h = 1/(n + 1): stiffness tridiag(−1, 2, −1)/h, consistent
/// mass h tridiag(1, 4, 1)/6. Complex: the same in a basis of random phases.
template <ScalarType S>
struct Interval {
    explicit Interval(Index size) : n(size), h(1.0 / static_cast<double>(n + 1)), K(n, n), M(n, n) {
        std::mt19937_64 random(3);
        Vector<S> phase(n);
        for (S& p : phase) {
            p = random_normal<S>(random);
            p /= std::abs(p);
        }
        for (Index i = 0; i < n; ++i) {
            K.insert(i, i) = S{2.0 / h};
            M.insert(i, i) = S{4.0 * h / 6.0};
            if (i + 1 == n) continue;
            const S p = phase(i) * Eigen::numext::conj(phase(i + 1));
            K.insert(i, i + 1) = -p / h;
            M.insert(i, i + 1) = p * h / 6.0;
            K.insert(i + 1, i) = Eigen::numext::conj(-p / h);
            M.insert(i + 1, i) = Eigen::numext::conj(p * h / 6.0);
        }
        K.makeCompressed(), M.makeCompressed();
    }
    /// λ_j = (6/h²) (1 − cos jπh)/(2 + cos jπh), j = 1 … n
    double value(Index j) const {
        const double c = std::cos(static_cast<double>(j) * std::numbers::pi * h);
        return 6.0 / (h * h) * (1.0 - c) / (2.0 + c);
    }
    /// 10 eps (‖K‖ + λ‖M‖)/λ_min(M), λ ≤ 12/h²: what rounding of entries and products does to an eigenvalue.
    double noise() const { return 10.0 * kEps * (4.0 / h + 12.0 / h) / (h / 3.0); }

    Index n;
    double h;
    Sparse<S> K, M;
};

bool lacks_component(const CommandResult& result) { return contains(result.err, "was built without"); }

template <ScalarType S>
double mass_skew(const CommandLine& line, const std::string& prefix, const Sparse<S>& M) {
    const Matrix<S> X = read_dense<S>(line.file(prefix + ".vectors.mtx"));
    return (X.adjoint() * (M * X) - Matrix<S>::Identity(X.cols(), X.cols())).norm();
}

}  // namespace

TEST_CASE_TEMPLATE("app eigsh --mass: the modes of an interval, by every factorization of the build and by none", S,
                   double, Complex) {
    const CommandLine line;
    const Interval<S> interval(60);
    line.write_matrix<S>("K.mtx", interval.K);
    line.write_matrix<S>("M.mtx", interval.M, true);
    for (const std::string factor : {"auto", "none", "ldlt", "lu", "cholmod", "mumps"}) {
        CAPTURE(factor);
        const CommandResult result = line.run("eigsh K.mtx --mass M.mtx -k 4 --factor " + factor + " --out run");
        if ((factor == "cholmod" || factor == "mumps") && lacks_component(result)) continue;
        REQUIRE(result.status == 0);
        CHECK(result.out == "");
        CHECK(result.err == "");
        const auto json = line.json("run.json");
        const Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
        for (Index j = 0; j < 4; ++j) {
            // |λ − exact| ≤ residual²/gap, gap ≥ λ_2 − λ_1 > 25
            const double residual = json["residuals"][static_cast<std::size_t>(j)].template get<double>();
            CHECK(std::abs(values(j, 0) - interval.value(j + 1)) <= interval.noise() + residual * residual / 25.0);
            CHECK(json["values"][static_cast<std::size_t>(j)] == values(j, 0));
        }
        CHECK(mass_skew<S>(line, "run", interval.M) <= 1e3 * kEps);
        CHECK(json["mass"] == "M.mtx");
        CHECK(json["scalar"] == (std::same_as<S, double> ? "real" : "complex"));
        CHECK(json["which"] == "smallest");
        CHECK(json["converged"] == true);
        CHECK(json["singular_B"] == false);
        CHECK(json["certified"] == (factor != "none" && factor != "lu"));  // these have no inertia
        const bool solves = factor != "none";
        CHECK((json["solves"].template get<Index>() > 0) == solves);
        CHECK((json["products"].template get<Index>() > 0) == !solves);
        CHECK((json["factorizations"].template get<Index>() > 0) == solves);
        if (solves) {
            if (factor == "lu") {  // without inertia nothing says that 0 lies below the spectrum
                CHECK(json["sigma"] <= 0.0);
            } else {
                CHECK(json["sigma"] == 0.0);  // K is positive definite
            }
        } else {
            CHECK(json["sigma"].is_null());
        }
        const std::string engine = json["engine"];
        const std::map<std::string, std::string> names = {{"none", "block_davidson"},
                                                          {"ldlt", "LDLT (Eigen)"},
                                                          {"lu", "LU (Eigen)"},
                                                          {"cholmod", "CHOLMOD"},
                                                          {"mumps", "MUMPS"}};
        if (factor != "auto") CHECK(contains(engine, names.at(factor)));
    }
}

TEST_CASE("app eigsh --mass: auto takes a component if one is built, another one for indefinite shifts") {
    const CommandLine line;
    const Interval<double> interval(40);
    line.write_matrix<double>("K.mtx", interval.K);
    line.write_matrix<double>("M.mtx", interval.M);
    const auto built = [&](const std::string& factor) {
        return !lacks_component(line.run("eigsh K.mtx --mass M.mtx --factor " + factor + " --out probe"));
    };
    const bool cholmod = built("cholmod"), mumps = built("mumps");
    const auto engine = [&](const std::string& options) {
        REQUIRE(line.run("eigsh K.mtx --mass M.mtx " + options + " --out run").status == 0);
        return line.json("run.json")["engine"].get<std::string>();
    };
    CHECK(contains(engine(""), cholmod ? "CHOLMOD" : mumps ? "MUMPS" : "LDLT (Eigen)"));
    CHECK(contains(engine("--which nearest --sigma 300"), mumps ? "MUMPS" : cholmod ? "CHOLMOD" : "LDLT (Eigen)"));
}

TEST_CASE_TEMPLATE("app eigsh: the eigenvalues nearest to a shift, with and without a mass, certified", S, double,
                   Complex) {
    const CommandLine line;
    const Interval<S> interval(60);
    line.write_matrix<S>("K.mtx", interval.K);
    line.write_matrix<S>("M.mtx", interval.M);
    // Between the 7th and the 8th, nearer to the 7th, so that the three nearest are 6, 7, 8.
    const double sigma = 0.7 * interval.value(7) + 0.3 * interval.value(8);
    std::ostringstream option;
    option.precision(17);
    option << sigma;
    REQUIRE(line.run("eigsh K.mtx --mass M.mtx -k 3 --which nearest --sigma " + option.str() + " --out run").status ==
            0);
    Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
    for (Index j = 0; j < 3; ++j) CHECK(std::abs(values(j, 0) - interval.value(j + 6)) <= interval.noise());
    const auto json = line.json("run.json");
    CHECK(json["which"] == "nearest");
    CHECK(json["sigma"] == sigma);
    CHECK(json["certified"] == true);
    CHECK(mass_skew<S>(line, "run", interval.M) <= 1e3 * kEps);

    const Index n = 40;
    line.write_matrix<S>("A.mtx", sparse_with_spectrum<S>(doublet_spectrum(n), 3));
    REQUIRE(line.run("eigsh A.mtx -k 3 --which nearest --sigma 2.4 --out run").status == 0);
    values = read_dense<double>(line.file("run.values.mtx"));
    CHECK((values - numbers({2.0, 2.0, 3.0})).cwiseAbs().maxCoeff() <= 1e3 * kEps * 9.0);
    CHECK(line.json("run.json")["certified"] == true);
    CHECK(line.json("run.json")["mass"].is_null());
    CHECK(line.json("run.json")["clusters"] ==
          nlohmann::json::parse(R"([{"first":0,"count":2},{"first":2,"count":1}])"));
}

TEST_CASE("app eigsh: a shift below the spectrum serves the smallest eigenvalues of A x = λ x too") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", sparse_with_spectrum<double>(doublet_spectrum(40), 3));
    for (const std::string options : {"--sigma -0.5", "--factor ldlt"}) {
        REQUIRE(line.run("eigsh A.mtx -k 4 " + options + " --out run").status == 0);
        const Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
        CHECK((values - numbers({1.0, 2.0, 2.0, 3.0})).cwiseAbs().maxCoeff() <= 1e3 * kEps * 9.0);
        CHECK(line.json("run.json")["solves"].get<Index>() > 0);
        CHECK(line.json("run.json")["certified"] == true);
    }
    // Without either of them, products suffice as before.
    REQUIRE(line.run("eigsh A.mtx -k 4 --out run").status == 0);
    CHECK(line.json("run.json")["factorizations"] == 0);
    CHECK(line.json("run.json")["sigma"].is_null());
}

TEST_CASE("app eigsh: --no-certify saves the factorization that proves completeness") {
    const CommandLine line;
    const Interval<double> interval(40);
    line.write_matrix<double>("K.mtx", interval.K);
    line.write_matrix<double>("M.mtx", interval.M);
    REQUIRE(line.run("eigsh K.mtx --mass M.mtx --factor ldlt --out run").status == 0);
    CHECK(line.json("run.json")["factorizations"] == 2);
    REQUIRE(line.run("eigsh K.mtx --mass M.mtx --factor ldlt --no-certify --out run").status == 0);
    CHECK(line.json("run.json")["factorizations"] == 1);
    CHECK(line.json("run.json")["certified"] == false);
    CHECK(line.json("run.json")["probed"] == true);
}

TEST_CASE_TEMPLATE("app eigsh --mass: a singular mass is reported, its infinite eigenvalues are never written", S,
                   double, Complex) {
    const CommandLine line;
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 3.0}), 30, 5.0, 0.2), 5, Mass::lumped);
    line.write_matrix<S>("A.mtx", pencil.A);
    line.write_matrix<S>("B.mtx", pencil.B);
    REQUIRE(line.run("eigsh A.mtx --mass B.mtx -k 5 --out run").status == 0);
    const Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
    CHECK((values.col(0) - pencil.spectrum.head(5)).cwiseAbs().maxCoeff() <= pencil.noise());
    CHECK(line.json("run.json")["singular_B"] == true);
    CHECK(line.json("run.json")["certified"] == true);
    CHECK(mass_skew<S>(line, "run", pencil.B) <= 1e3 * kEps * pencil.condition);
}

TEST_CASE_TEMPLATE("app eigmin, eigmax --mass: gradients x xᴴ and −λ x xᴴ, each on its matrix's entries", S, double,
                   Complex) {
    const CommandLine line;
    const auto pencil = test_pencil<S>(Eigen::VectorXd::LinSpaced(30, -2.0, 4.0), 7);
    const auto exact = reference_eigh<S>(dense(pencil.A), dense(pencil.B));
    line.write_matrix<S>("A.mtx", pencil.A);
    line.write_matrix<S>("B.mtx", pencil.B, true);
    for (const bool min : {true, false}) {
        const CommandResult result = line.run(std::string(min ? "eigmin" : "eigmax") +
                                              " A.mtx --mass B.mtx --tol 1e-13 --gradient g.mtx --mass-gradient m.mtx");
        REQUIRE(result.status == 0);
        const double value = min ? -2.0 : 4.0;
        CHECK(std::abs(std::stod(result.out) - value) <= pencil.noise());
        const Vector<S> x = exact.vectors.col(min ? 0 : 29);
        // Error of the vector: (residual + rounding)/gap, gap = 6/29; x xᴴ has the norm 1/λ_min(B) ≤ condition.
        const double gap = 6.0 / 29.0;
        const double tolerance = 10.0 * (1e-13 * 4.0 * pencil.condition + pencil.noise()) / gap * pencil.condition;
        const auto error = [&](const std::string& name, double factor, bool doubled) {
            const Sparse<S> g = read_sparse<S>(line.file(name), SymmetricStorage::keep);
            double worst = 0.0;
            for (Index c = 0; c < g.outerSize(); ++c) {
                for (typename Sparse<S>::InnerIterator entry(g, c); entry; ++entry) {
                    const S expected =
                        factor * (doubled && entry.row() != c ? 2.0 : 1.0) * x(entry.row()) * Eigen::numext::conj(x(c));
                    worst = std::max(worst, std::abs(entry.value() - expected));
                }
            }
            return worst;
        };
        CHECK(error("g.mtx", 1.0, true) <= tolerance);
        CHECK(error("m.mtx", -value, false) <= 4.0 * tolerance);
        CHECK(read_matrix_market_header(line.file("m.mtx")).entries == pencil.B.nonZeros());
    }
}

TEST_CASE("app eigmin --mass: a real matrix with a complex mass keeps its real gradient") {
    const CommandLine line;
    const Index n = 20;
    const auto pencil = test_pencil<Complex>(Eigen::VectorXd::LinSpaced(n, 1.0, 4.0), 8);
    const Sparse<double> A = laplacian({n});
    line.write_matrix<double>("A.mtx", A);
    line.write_matrix<Complex>("B.mtx", pencil.B);
    const CommandResult result = line.run("eigmin A.mtx --mass B.mtx --gradient g.mtx --mass-gradient m.mtx");
    REQUIRE(result.status == 0);
    const auto exact = reference_eigh<Complex>(dense(Sparse<Complex>(A.cast<Complex>())), dense(pencil.B));
    CHECK(std::abs(std::stod(result.out) - exact.values(0)) <= 4.0 * pencil.noise());
    CHECK(read_matrix_market_header(line.file("g.mtx")).field == MatrixMarketField::real);
    CHECK(read_matrix_market_header(line.file("m.mtx")).field == MatrixMarketField::complex);
    // dλ/dA_rc for both entries of a symmetric pair: 2 Re x_r conj(x_c); for A's one entry in the corner |x_0|².
    const Sparse<double> g = read_sparse<double>(line.file("g.mtx"), SymmetricStorage::keep);
    const Vector<Complex> x = exact.vectors.col(0);
    const double gap = exact.values(1) - exact.values(0);
    const double tolerance = 10.0 * (1e-10 * exact.values(0) + pencil.noise()) / gap * pencil.condition;
    CHECK(std::abs(g.coeff(0, 0) - std::norm(x(0))) <= tolerance);
    CHECK(std::abs(g.coeff(5, 4) - 2.0 * std::real(x(5) * std::conj(x(4)))) <= tolerance);
}
