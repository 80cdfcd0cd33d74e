// Reference problem 15: qc324 is complex symmetric, not Hermitian. A solver that takes it gives wrong eigenvalues.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/io/matrix_market.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

void check_refused(const Sparse<Complex>& M) {
    const std::string message = message_of<std::invalid_argument>([&] { (void)SparseHermitian<Complex>(M); });
    CHECK(contains(message, "complex symmetric, not Hermitian"));
    CHECK(contains(message, "diagonal entry"));
}

}  // namespace

TEST_CASE("complex symmetric: a matrix with M = Mᵀ is refused by name") {
    Matrix<Complex> M = random_matrix<Complex>(20, 20, 881);
    M = (M + M.transpose()).eval();
    check_refused(M.sparseView());

    // With a real diagonal only the off-diagonal entries tell.
    M.diagonal() = M.diagonal().real().cast<Complex>().eval();
    const Sparse<Complex> real_diagonal = M.sparseView();
    const std::string message =
        message_of<std::invalid_argument>([&] { (void)SparseHermitian<Complex>(real_diagonal); });
    CHECK(contains(message, "complex symmetric, not Hermitian"));
    CHECK(contains(message, "entry (1, 0)"));

    // Real values, stored as complex, are both symmetric and Hermitian.
    const Sparse<Complex> real = laplacian<Complex>({5, 4});
    CHECK_NOTHROW((void)SparseHermitian<Complex>(real));
}

TEST_CASE("complex symmetric: qc324 is refused by name") {
    const char* const folder = std::getenv("LAMBDABAR_TEST_DATA");
    if (folder == nullptr) {
        MESSAGE("skipped: LAMBDABAR_TEST_DATA is not set");
        return;
    }
    const auto M = read_sparse<Complex>(std::filesystem::path(folder) / "qc324.mtx");
    REQUIRE(M.rows() == 324);
    CHECK(detect_symmetry(M) == MatrixMarketSymmetry::symmetric);
    check_refused(M);
}
