#include "pairs_check.hpp"

#include "output_files.hpp"
#include "report_json.hpp"

#include <cmath>

namespace lambdabar::app {

namespace {

constexpr double kProductRounding = 1e3 * std::numeric_limits<double>::epsilon();
constexpr double kSolveRounding = 1e-10;  // ten times the backward error that ShiftInvert lets pass unrefined
constexpr double kSkew = 1e-8;            // of XᴴBX from I

/// ‖M‖_∞ ≥ ‖M‖₂: the largest sum of |entries| of a row.
template <ScalarType S>
double row_sum_norm(const SparseHermitian<S>& M) {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(M.rows());
    const StoredPattern& pattern = M.pattern();
    for (Index o = 0; o < pattern.outer; ++o) {
        for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
            const auto [row, column] = M.position(o, e);
            const double size = std::abs(M.stored_values()[e]);
            sums(row) += size;
            if (M.triangle() != Triangle::both && row != column) sums(column) += size;
        }
    }
    return sums.size() > 0 ? sums.maxCoeff() : 0.0;
}

}  // namespace

template <ScalarType S>
void check_pairs(const fs::path& prefix, const Problem<S>& problem, Eigenpairs<S>& pairs) {
    const fs::path file = with_suffix(prefix, ".vectors.mtx");
    const bool by_solves = !std::isnan(pairs.sigma);
    const Block<S> X = pairs.vectors;
    Block<S> BX = X, R(X.rows(), X.cols());
    if (problem.B()) problem.B()->apply(X, BX);
    problem.A().apply(X, R);
    add_scaled<S>(R, BX, -pairs.values);
    const Eigen::VectorXd residuals = norms<S>(R), x_norms = norms<S>(X);
    const double B_norm = problem.B() ? row_sum_norm(*problem.B()) : 1.0;
    const double A_norm = by_solves || problem.B() ? row_sum_norm(problem.A()) : pairs.norm_A;
    for (Index i = 0; i < pairs.size(); ++i) {
        const double shift = by_solves ? std::abs(pairs.sigma) : 0.0;
        const double size = (A_norm + (std::abs(pairs.values(i)) + shift) * B_norm) * x_norms(i);
        const double allowed =
            2.0 * std::sqrt(B_norm) * pairs.residuals(i) + (by_solves ? kSolveRounding : kProductRounding) * size;
        const bool tested = pairs.converged || !std::isnan(pairs.residuals(i));
        if (!tested || residuals(i) <= allowed) continue;
        refuse(file, "these are not eigenpairs of ", problem.B() ? "these matrices" : "this matrix",
               problem.B() ? ": ‖A x − λ B x‖ = " : ": ‖A x − λ x‖ = ", residuals(i), " for pair ", i + 1,
               " (λ = ", pairs.values(i), "), where ", with_suffix(prefix, ".json").string(), " says ",
               pairs.residuals(i), problem.B() ? " and so at most " : ", at most ", allowed, " is expected");
    }
    const double skew = (gram<S>(X, BX) - Matrix<S>::Identity(X.cols(), X.cols())).norm();
    if (!(skew <= kSkew)) {
        refuse(file,
               problem.B() ? "the vectors are not B-orthonormal: ‖XᴴBX − I‖ = "
                           : "the vectors are not orthonormal: ‖XᴴX − I‖ = ",
               skew);
    }
    if (!problem.B() && !by_solves) pairs.residuals = residuals;
}

template void check_pairs<double>(const fs::path&, const Problem<double>&, Eigenpairs<double>&);
template void check_pairs<std::complex<double>>(const fs::path&, const Problem<std::complex<double>>&,
                                                Eigenpairs<std::complex<double>>&);

}  // namespace lambdabar::app
