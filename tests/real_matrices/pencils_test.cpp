#ifdef LAMBDABAR_APP  // as the other tests on these files
#include "real_matrices/pencils.hpp"

#include <lambdabar/lambdabar.hpp>

#include <algorithm>
#include <cstdio>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kMaxProducts = 5000;  // all of them need fewer than 250 solves: one that stagnates fails in seconds

template <ScalarType S>
EigshOptions<S> options_for(Index k) {
    return {.k = k, .max_products = kMaxProducts};
}

/// Largest error among the k lowest, in units of what is allowed; and |λ_i − reference_i| / |λ_i| of those that are
/// not zero, for the table.
struct Errors {
    double allowed = 0.0, relative = 0.0;
};

template <ScalarType S>
Errors errors_of(const PencilReference& reference, const Eigenpairs<S>& pairs, double tol) {
    Errors errors;
    for (Index i = 0; i < pairs.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const double exact = reference.lowest[at], error = std::abs(pairs.values(i) - exact);
        errors.allowed = std::max(errors.allowed, error / reference.allowed(at, pairs.sigma, tol));
        if (std::abs(exact) > reference.stated) errors.relative = std::max(errors.relative, error / std::abs(exact));
    }
    return errors;
}

/// max |XᴴMX − I|; the vectors' entries enter with M's rounding, so it is a few eps for any scaling of M.
template <ScalarType S>
double orthonormality(const Sparse<S>& M, const Matrix<S>& X) {
    const Matrix<S> gram = X.adjoint() * (M * X);
    return (gram - Matrix<S>::Identity(X.cols(), X.cols())).cwiseAbs().maxCoeff();
}

template <ScalarType S>
std::vector<Index> counts_of(const Eigenpairs<S>& pairs) {
    std::vector<Index> counts;
    for (const Cluster& cluster : pairs.clusters) counts.push_back(cluster.count);
    return counts;
}

template <ScalarType S>
void print_row(const PencilReference& reference, const Eigenpairs<S>& pairs, const Errors& errors) {
    const auto copies = [](const std::vector<Index>& counts) {
        return static_cast<long>(*std::max_element(counts.begin(), counts.end()));
    };
    std::printf("%-26s %5ld  %2ld  %9.1e  %9.1e  %8.3f  %6ld  %5ld  %d  %9.2e  %s%s%s%s\n", reference.name.c_str(),
                static_cast<long>(pairs.vectors.rows()), static_cast<long>(pairs.size()), reference.stated,
                errors.relative, errors.allowed, static_cast<long>(pairs.solves),
                static_cast<long>(pairs.factorizations), static_cast<int>(copies(counts_of(pairs))), pairs.sigma,
                pairs.converged ? "found" : "NOT CONVERGED", pairs.certified ? ", certified" : "",
                pairs.singular_B ? ", M singular" : "", errors.allowed <= 1.0 ? "" : ", WRONG");
    std::fflush(stdout);
}

void print_head() {
    std::printf(
        "problem                        n   k  stated err  rel. error  /allowed  solves  facts  copies  sigma\n");
}

}  // namespace

TEST_CASE("real pencils: the lowest 10 and 20 of every generalized problem, with multiplicities, certified") {
    const auto data = ReferenceData::find();
    if (!data) return;
    print_head();
    for_each_pencil(*data, [](const PencilReference& reference, const auto& K, const auto& M) {
        using S = typename std::decay_t<decltype(K)>::Scalar;
        const SparseHermitian<S> A(K, kAsymmetry), B(M, kAsymmetry);
        for (const Index k : {10, 20}) {
            CAPTURE(reference.name);
            CAPTURE(k);
            REQUIRE(static_cast<Index>(reference.lowest.size()) >= k);
            const EigshOptions<S> options = options_for<S>(k);
            const auto pairs = eigsh(A, B, options);
            const Errors errors = errors_of(reference, pairs, options.tol);
            print_row(reference, pairs, errors);
            CHECK(pairs.converged);
            CHECK(pairs.certified);
            CHECK(errors.allowed <= 1.0);
            CHECK(counts_of(pairs) == reference.multiplicities(k));
            CHECK(pairs.cuts_cluster == reference.cut_at(k));
            CHECK(orthonormality<S>(M, pairs.vectors) <= static_cast<double>(K.rows()) * kEps);
        }
    });
}

TEST_CASE(
    "real pencils: a factorization without inertia finds the same, uncertified, and never others in their place") {
    const auto data = ReferenceData::find();
    if (!data) return;
    print_head();
    for_each_pencil(*data, [](const PencilReference& reference, const auto& K, const auto& M) {
        using S = typename std::decay_t<decltype(K)>::Scalar;
        const SparseHermitian<S> A(K, kAsymmetry), B(M, kAsymmetry);
        CAPTURE(reference.name);
        EigshOptions<S> options = options_for<S>(10);
        options.factorizer = eigen_lu<S>();
        // Whether σ = 0 lies below an indefinite K is not to be seen from such a factor: a refusal is honest there.
        if (reference.negative > 0) {
            const std::string refusal = message_of<std::invalid_argument>([&] {
                const auto pairs = eigsh(A, B, options);
                const Errors errors = errors_of(reference, pairs, options.tol);
                print_row(reference, pairs, errors);
                CHECK((!pairs.converged || errors.allowed <= 1.0));
            });
            if (!refusal.empty()) std::printf("%-26s refused: %s\n", reference.name.c_str(), refusal.c_str());
            return;
        }
        const auto pairs = eigsh(A, B, options);
        const Errors errors = errors_of(reference, pairs, options.tol);
        print_row(reference, pairs, errors);
        CHECK(pairs.converged);
        CHECK_FALSE(pairs.certified);
        CHECK(errors.allowed <= 1.0);
        CHECK(counts_of(pairs) == reference.multiplicities(10));
    });
}
#endif
