#include "app/command_line.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 60;
constexpr double kNorm = 9.0;

template <ScalarType S>
Sparse<S> matrix() {
    return sparse_with_spectrum<S>(doublet_spectrum(n), 3);
}

/// ‖A X − X Λ‖ from the files.
template <ScalarType S>
double residual(const CommandLine& line, const std::string& prefix, const Sparse<S>& A) {
    const Matrix<double> values = read_dense<double>(line.file(prefix + ".values.mtx"));
    const Matrix<S> X = read_dense<S>(line.file(prefix + ".vectors.mtx"));
    return (A * X - X * values.col(0).template cast<S>().asDiagonal()).norm();
}

}  // namespace

TEST_CASE_TEMPLATE("app eigsh: writes values, vectors and a report that are right, and prints nothing", S, double,
                   Complex) {
    const CommandLine line;
    line.write_matrix<S>("A.mtx", matrix<S>());
    const CommandResult result = line.run("eigsh A.mtx -k 4 --out run");
    CHECK(result.status == 0);
    CHECK(result.out == "");
    CHECK(result.err == "");
    CHECK(line.names() == std::vector<std::string>{"A.mtx", "run.json", "run.values.mtx", "run.vectors.mtx"});

    const double tol = 1e-10;  // the default
    CHECK(residual<S>(line, "run", matrix<S>()) <= std::sqrt(4.0) * tol * kNorm);
    const Matrix<S> X = read_dense<S>(line.file("run.vectors.mtx"));
    CHECK(orthonormality_error(X) <= 1e3 * kEps);
    const Matrix<double> values = read_dense<double>(line.file("run.values.mtx"));
    // |λ − exact| ≤ residual²/gap, or rounding; gap ≥ 1
    CHECK((values - numbers({1.0, 2.0, 2.0, 3.0})).cwiseAbs().maxCoeff() <= 1e3 * kEps * kNorm);

    const auto json = line.json("run.json");
    CHECK(json["converged"] == true);
    CHECK(json["reason"] == "converged");
    CHECK(json["scalar"] == (std::same_as<S, double> ? "real" : "complex"));
    CHECK(json["k"] == 4);
    CHECK(json["n"] == n);
    for (Index i = 0; i < 4; ++i) {
        CHECK(json["values"][static_cast<std::size_t>(i)].template get<double>() == values(i, 0));
        CHECK(json["residuals"][static_cast<std::size_t>(i)].template get<double>() <= tol * kNorm);
    }
    CHECK(json["clusters"] ==
          nlohmann::json::parse(R"([{"first":0,"count":1},{"first":1,"count":2},{"first":3,"count":1}])"));
    // A Ritz value above λ_5 = 5, resolved only as far as it takes to see that it is none of the four.
    CHECK(json["guard_value"].template get<double>() >= 5.0 - 1e3 * kEps * kNorm);
    CHECK(json["guard_value"].template get<double>() - json["guard_residual"].template get<double>() > 3.0);
    CHECK(json["cuts_cluster"] == false);
    CHECK(json["tol"] == tol);
    CHECK(json["products"].template get<Index>() > 4);
    CHECK(json["iterations"].template get<Index>() >= 1);
    CHECK(json["seconds"].template get<double>() > 0.0);
    CHECK(json["peak_memory_bytes"].template get<double>() > 1e6);
    CHECK(!json["engine"].template get<std::string>().empty());
}

TEST_CASE_TEMPLATE("app eigsh: a general header on Hermitian data gives the pairs of the one-triangle file", S, double,
                   Complex) {
    const CommandLine line;
    line.write_matrix<S>("lower.mtx", matrix<S>());
    line.write_matrix<S>("general.mtx", matrix<S>(), true);
    CHECK(line.run("eigsh lower.mtx -k 3 --which largest --out lower").status == 0);
    CHECK(line.run("eigsh general.mtx -k 3 --which largest --out general").status == 0);
    const Matrix<double> one = read_dense<double>(line.file("lower.values.mtx")),
                         other = read_dense<double>(line.file("general.values.mtx"));
    CHECK((one - other).norm() <= 1e3 * kEps * kNorm);
    CHECK(std::abs(one(2, 0) - 9.0) <= 1e3 * kEps * kNorm);
    CHECK(line.json("general.json")["which"] == "largest");
}

TEST_CASE("app eigsh: the same seed gives the same bytes, and integer and pattern files are matrices too") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", matrix<double>());
    for (const char* out : {"a", "b"})
        CHECK(line.run(std::string("eigsh A.mtx -k 3 --seed 5 --out ") + out).status == 0);
    CHECK(line.read("a.vectors.mtx") == line.read("b.vectors.mtx"));
    CHECK(line.read("a.values.mtx") == line.read("b.values.mtx"));

    line.write("pattern.mtx", "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n");
    line.write("integer.mtx", "%%MatrixMarket matrix coordinate integer symmetric\n3 3 2\n2 1 1\n3 2 1\n");
    for (const std::string name : {"pattern", "integer"}) {
        CHECK(line.run("eigsh " + name + ".mtx -k 2 --out " + name).status == 0);
        const Matrix<double> values = read_dense<double>(line.file(name + ".values.mtx"));
        CHECK(std::abs(values(0, 0) + std::sqrt(2.0)) <= 100.0 * kEps);
        CHECK(std::abs(values(1, 0)) <= 100.0 * kEps);
    }
}

TEST_CASE("app eigsh: an exact start block costs a search, one of the wrong size is refused") {
    const CommandLine line;
    const Sparse<double> L = laplacian({30, 20});
    line.write_matrix<double>("A.mtx", L);
    CHECK(line.run("eigsh A.mtx -k 4 --tol 1e-11 --out cold").status == 0);
    CHECK(line.run("eigsh A.mtx -k 4 --start cold.vectors.mtx --out warm").status == 0);
    // What it is orthogonal to has to be searched, which a cold solve, from random columns, has seen.
    const auto number = [&](const char* file, const char* key) { return line.json(file)[key].get<Index>(); };
    CHECK(number("warm.json", "products") < 1.2 * static_cast<double>(number("cold.json", "products")));
    line.write("short.mtx", "%%MatrixMarket matrix array real general\n3 1\n1\n2\n3\n");
    const CommandResult result = line.run("eigsh A.mtx -k 4 --start short.mtx --out bad");
    CHECK(result.status == 2);
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, "the start block has 3 rows, the operator 600"));
}

TEST_CASE("app eigsh: not converged is status 3, a sentence, and files that say so") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({40, 40}));
    const CommandResult result = line.run("eigsh A.mtx -k 4 --tol 1e-12 --max-products 40 --out run");
    CHECK(result.status == 3);
    CHECK(result.out == "");
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, "eigsh has not converged after "));
    CHECK(contains(result.err, "what was found is in run.*"));
    const auto json = line.json("run.json");
    CHECK(json["converged"] == false);
    CHECK(json["reason"] == "iteration limit");
    CHECK(json["values"].size() == 4);
    CHECK(read_dense<double>(line.file("run.vectors.mtx")).cols() == 4);
}

TEST_CASE("app eigsh: a k that cuts a cluster is reported, and is no error yet") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", matrix<double>());
    CHECK(line.run("eigsh A.mtx -k 2 --out run").status == 0);
    CHECK(line.json("run.json")["cuts_cluster"] == true);
    CHECK(std::abs(line.json("run.json")["guard_value"].get<double>() - 2.0) < 1e-6);
}

TEST_CASE("app eigsh: a terminal sees a progress line that is erased at the end, none with --quiet") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({40, 40}));
    const std::string shown = line.run_on_terminal({"eigsh", "A.mtx", "-k", "3", "--out", "run"});
    CHECK(contains(shown, "products "));
    CHECK(contains(shown, " of 3 "));
    CHECK(shown.substr(shown.rfind('\r')) == "\r\033[K");
    CHECK(line.json("run.json")["converged"] == true);
    CHECK(line.run_on_terminal({"eigsh", "A.mtx", "-k", "3", "--quiet", "--out", "run"}) == "");
}
