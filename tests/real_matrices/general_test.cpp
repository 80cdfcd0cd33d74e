// Every problem without symmetry that the reference lists: its eigenvalues to the accuracy stated, or a refusal.
#include "general_pairs.hpp"
#include "real_matrices/reference.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/gradient/gradient_general.hpp>

#include <cstdio>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

std::vector<Complex> listed(const nlohmann::json& entry, const char* key) {
    std::vector<Complex> values;
    for (const auto& value : entry.at(key)) values.emplace_back(value.at(0).get<double>(), value.at(1).get<double>());
    return values;
}

template <ScalarType S>
struct Pair {
    Sparse<S> A, B;
    bool mass = false;
    GeneralEigenpairs<S> eigs(const EigsOptions<S>& options) const {
        const SparseGeneral<S> op(A);
        if (!mass) return lambdabar::eigs(op, options);
        const SparseGeneral<S> op_B(B);
        return lambdabar::eigs(op, op_B, options);
    }
};

template <ScalarType S>
Pair<S> read_pair(const ReferenceData& data, const nlohmann::json& entry) {
    Pair<S> pair;
    pair.A = read_sparse<S>(data.file(entry.at("files").at(0)));
    pair.mass = entry.at("files").size() > 1;
    if (pair.mass) pair.B = read_sparse<S>(data.file(entry.at("files").at(1)));
    return pair;
}

/// The worst distance of a value to its partner in the list, relative to what it may be off: its own error estimate,
/// and the rounding that the dense solver behind the list has (eps·‖A‖_F·condition, pencils: eps·max |λ|), or 1e-8 of
/// its modulus.
template <ScalarType S>
double worst_miss(const GeneralEigenpairs<S>& pairs, std::vector<Complex> list, double norm) {
    double worst = 0.0;
    for (Index i = 0; i < pairs.size(); ++i) {
        const auto near = std::min_element(list.begin(), list.end(), [&](Complex a, Complex b) {
            return std::abs(a - pairs.values(i)) < std::abs(b - pairs.values(i));
        });
        if (near == list.end()) return kInfinity;
        const double allowed =
            std::max(1e-8 * std::abs(*near), 2.0 * pairs.errors(i) + 100.0 * kEps * norm * pairs.conditions(i));
        worst = std::max(worst, std::abs(*near - pairs.values(i)) / allowed);
        list.erase(near);  // copies count
    }
    return worst;
}

struct Line {
    const char *problem, *list;
    Which which;
    Index k;
    bool must_be_found;
};

template <ScalarType S>
void check_line(const ReferenceData& data, const Line& line) {
    CAPTURE(line.problem);
    CAPTURE(line.list);
    const nlohmann::json& entry = data.problems().at(line.problem);
    const Pair<S> pair = read_pair<S>(data, entry);
    EigsOptions<S> options{.k = line.k, .which = line.which};
    if (line.which == Which::nearest) options.sigma = 0.0;
    if (!line.must_be_found) options.max_products = 4000;
    const auto pairs = pair.eigs(options);
    const double norm = pair.mass ? 0.1 * std::abs(listed(entry, "largest_magnitude").front()) : pair.A.norm();
    const double miss = pairs.converged ? worst_miss(pairs, listed(entry, line.list), norm) : kInfinity;
    std::printf("%-16s %-18s k = %-2ld  %6ld products %5ld solves  condition %8.1e  error/allowed %8.1e  %s\n",
                line.problem, line.list, static_cast<long>(line.k), static_cast<long>(pairs.products),
                static_cast<long>(pairs.solves), pairs.converged ? pairs.conditions.maxCoeff() : 0.0, miss,
                pairs.converged ? (miss <= 1.0 ? "found" : "WRONG") : "not converged");
    if (pairs.converged) CHECK(miss <= 1.0);
    if (line.must_be_found) CHECK(pairs.converged);
}

}  // namespace

TEST_CASE("real matrices: every problem without symmetry gives its listed eigenvalues or says not converged") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const Line lines[] = {
        {"rdb1250", "rightmost", Which::rightmost, 8, true},
        {"rdb1250", "largest_magnitude", Which::largest_magnitude, 8, true},
        {"rdb1250", "smallest_magnitude", Which::nearest, 9, true},
        {"rdb3200l", "rightmost", Which::rightmost, 8, true},
        {"rdb3200l", "smallest_magnitude", Which::nearest, 9, true},
        {"pde225", "rightmost", Which::rightmost, 9, true},
        {"pde225", "largest_magnitude", Which::largest_magnitude, 8, true},
        {"pde225", "smallest_magnitude", Which::nearest, 9, true},
        {"olm1000", "rightmost", Which::rightmost, 6, true},
        {"olm1000", "smallest_magnitude", Which::nearest, 8, true},
        {"olm1000", "largest_magnitude", Which::largest_magnitude, 4, false},
        {"mhd416a", "rightmost", Which::rightmost, 7, true},
        {"mhd416a", "rightmost", Which::rightmost, 9, false},
        {"mhd416a", "largest_magnitude", Which::largest_magnitude, 8, true},
        {"pair_bfw62", "rightmost", Which::rightmost, 6, true},
        {"pair_bfw62", "largest_magnitude", Which::largest_magnitude, 6, true},
        {"pair_bfw62", "smallest_magnitude", Which::nearest, 8, true},
        {"pair_mhd416", "largest_magnitude", Which::largest_magnitude, 6, true},
        {"pair_mhd416", "rightmost", Which::rightmost, 7, false},
        {"pair_speaker107", "smallest_magnitude", Which::nearest, 6, true},
    };
    for (const Line& line : lines) check_line<double>(*data, line);
    for (const Line& line : {Line{"qc324", "rightmost", Which::rightmost, 8, true},
                             Line{"qc324", "largest_magnitude", Which::largest_magnitude, 8, true},
                             Line{"qc324", "smallest_magnitude", Which::nearest, 8, true}}) {
        check_line<Complex>(*data, line);
    }
    std::fflush(stdout);
}

TEST_CASE("real matrices: the symmetric rdb200 as an operator without symmetry has its double values twice") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const Sparse<double> A = read_sparse<double>(data->file("rdb200"));
    const auto pairs = eigs(SparseGeneral<double>(A), {.k = 8, .which = Which::leftmost});
    REQUIRE(pairs.converged);
    const std::vector<double> lowest = data->problems().at("rdb200").at("lowest");
    for (Index i = 0; i < 8; ++i)
        CHECK(std::abs(pairs.values(i) - lowest[static_cast<std::size_t>(i)]) <= 1e-8 * std::abs(lowest[0]));
    CHECK(pairs.departure_from_normality <= 1e-6);
}

TEST_CASE("real matrices: eigenvalue derivatives of olm1000, mhd416a and the pencils equal differences to 1e-6") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const auto test = [&](const char* name, Which which, Complex sigma, double step) {
        CAPTURE(name);
        Pair<double> pair = read_pair<double>(*data, data->problems().at(name));
        EigsOptions<double> options{.k = 1, .which = which, .sigma = sigma, .tol = 1e-13};
        const auto pairs = pair.eigs(options);
        REQUIRE(pairs.converged);
        const GeneralPairCotangent cotangent{.values = Eigen::VectorXcd::Ones(1)};
        const SparseGeneral<double> op(pair.A);
        Vector<double> g;
        if (pair.mass) {
            const SparseGeneral<double> op_B(pair.B);
            g = gradient(op, pullback(op, op_B, pairs, cotangent).A);
        } else {
            g = gradient(op, pullback(op, pairs, cotangent).A);
        }
        // Entries are scaled by random factors near one.
        Eigen::Map<Eigen::VectorXd> values(pair.A.valuePtr(), pair.A.nonZeros());
        const Eigen::VectorXd before = values;
        const Eigen::VectorXd d = before.cwiseProduct(random_matrix<double>(before.size(), 1, 3).col(0));
        const auto along = [&](double h) {
            values = before + h * d;
            EigsOptions<double> moved = options;
            moved.which = Which::nearest;
            moved.sigma = std::isnan(sigma.real()) ? Complex(1.001 * pairs.values(0).real(), 0.0) : sigma;
            moved.k = 3;
            const auto near = pair.eigs(moved);
            Index same = 0;
            (near.values.array() - pairs.values(0)).abs().minCoeff(&same);
            return near.values(same).real();
        };
        const double slope = central_difference(along, step);
        values = before;
        CHECK(g.dot(d) == doctest::Approx(slope).epsilon(1e-6));
        std::printf("%-14s condition %8.1e  slope %12.5e  relative error %8.1e\n", name, pairs.conditions(0), slope,
                    std::abs(g.dot(d) - slope) / std::abs(slope));
    };
    test("olm1000", Which::rightmost, kNaN, 1e-4);
    test("mhd416a", Which::nearest, Complex(-0.1, 45.0), 1e-5);
    test("pair_bfw62", Which::nearest, 340.0, 1e-6);
    std::fflush(stdout);
}

TEST_CASE("real matrices: qc324 is complex symmetric: eigsh refuses it by name, eigs solves it") {
    const auto data = ReferenceData::find();
    if (!data) return;
    const Sparse<Complex> A = read_sparse<Complex>(data->file("qc324"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)SparseHermitian<Complex>(A); }),
                   "complex symmetric, not Hermitian"));
    const auto pairs = eigs(SparseGeneral<Complex>(A), {.k = 1, .which = Which::rightmost});
    REQUIRE(pairs.converged);
    // For A = Aᵀ the left vectors are the conjugates of the right ones.
    const Vector<Complex> x = pairs.vectors.col(0), y = pairs.left.col(0).normalized();
    CHECK(std::abs(std::abs(y.dot(x.conjugate())) - 1.0) <= 1e-9);
}
