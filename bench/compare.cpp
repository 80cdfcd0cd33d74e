#include "compare.hpp"

#include "measure.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>

#include <algorithm>
#include <stdexcept>

namespace bench {

namespace {

constexpr double kReferenceTolerance = 1e-10;

template <class S>
Index columns_at_once(const lambdabar::SparseHermitian<S>& A) {
    return std::min<Index>(8, A.rows());
}

/// The largest ‖A x − λ x‖/‖x‖.
template <class S>
double worst_residual(const lambdabar::SparseHermitian<S>& A, const Solution<S>& solution) {
    double worst = 0.0;
    for (Index i = 0; i < solution.values.size(); ++i) {
        const lambdabar::Block<S> x = solution.vectors.col(i);
        lambdabar::Block<S> Ax(A.rows(), 1);
        A.apply(x, Ax);
        worst = std::max(worst, (Ax - solution.values(i) * x).norm() / x.norm());
    }
    return worst;
}

}  // namespace

Index missing_values(const Eigen::VectorXd& values, const Eigen::VectorXd& reference, double tolerance) {
    Index missing = 0, next = 0;
    for (Index i = 0; i < reference.size(); ++i) {
        while (next < values.size() && values(next) < reference(i) - tolerance) ++next;
        const bool found = next < values.size() && values(next) <= reference(i) + tolerance;
        found ? ++next : ++missing;
    }
    return missing;
}

template <ScalarType S>
Reference find_reference(const Problem<S>& problem, Index k) {
    const std::vector<double> numbers = run_in_child([&] {
        const lambdabar::SparseHermitian<S> A(problem.A);
        const auto top = lambdabar::eigsh(A, {.which = lambdabar::Which::largest, .tol = 1e-3, .probe = false});
        std::vector<double> answer{std::abs(top.values(0))};
        if (problem.exact.size() >= k) return answer;
        const auto pairs = lambdabar::eigsh(A, {.k = k, .tol = kReferenceTolerance, .block_size = columns_at_once(A)});
        answer[0] = std::max(answer[0], pairs.norm_A);
        // Eigen's product, not ours: a kernel that is wrong must not confirm itself.
        const lambdabar::Matrix<S> R =
            problem.A * pairs.vectors - pairs.vectors * pairs.values.template cast<S>().asDiagonal();
        const double residual = R.colwise().norm().maxCoeff();
        if (!pairs.converged || !(residual <= 2.0 * kReferenceTolerance * answer[0])) {
            throw std::runtime_error("the reference run on " + problem.name + " did not converge: residual " +
                                     std::to_string(residual));
        }
        answer.insert(answer.end(), pairs.values.begin(), pairs.values.end());
        return answer;
    });
    Reference reference;
    reference.norm = numbers[0];
    if (problem.exact.size() >= k) {
        reference.values = problem.exact.head(k);
        reference.error = 1e-14 * reference.norm;
    } else {
        reference.values = Eigen::Map<const Eigen::VectorXd>(numbers.data() + 1, k);
        reference.error = 2.0 * kReferenceTolerance * reference.norm;
    }
    return reference;
}

template <ScalarType S>
Outcome run_contender(const Contender<S>& contender, const lambdabar::SparseHermitian<S>& A,
                      const lambdabar::SparseHermitian<S>& tiny, const Reference& reference, double residual) {
    const std::vector<double> numbers = run_in_child([&] {
        contender.solve(tiny);  // starts the threads and loads the code
        const PeakMemory peak;
        const double start = now(), processor_start = processor_seconds();
        const Solution<S> solution = contender.solve(A);
        const double seconds = now() - start, processor = processor_seconds() - processor_start, bytes = peak.bytes();
        // An eigenvalue lies within the residual of every value (Weyl).
        const double worst = worst_residual(A, solution);
        const double tolerance = std::max(worst, residual) + reference.error;
        return std::vector<double>{seconds,
                                   processor,
                                   bytes,
                                   static_cast<double>(solution.products),
                                   static_cast<double>(solution.basis),
                                   worst,
                                   static_cast<double>(missing_values(solution.values, reference.values, tolerance))};
    });
    const double vector_bytes = static_cast<double>(A.rows()) * sizeof(S);
    return {numbers[0],
            numbers[1],
            numbers[2] / vector_bytes,
            static_cast<Index>(numbers[3]),
            static_cast<Index>(numbers[4]),
            numbers[5],
            static_cast<Index>(numbers[6])};
}

#define BENCH_INSTANTIATE(S)                                                                     \
    template Reference find_reference<S>(const Problem<S>&, Index);                              \
    template Outcome run_contender<S>(const Contender<S>&, const lambdabar::SparseHermitian<S>&, \
                                      const lambdabar::SparseHermitian<S>&, const Reference&, double);
BENCH_INSTANTIATE(double)
BENCH_INSTANTIATE(Complex)
#undef BENCH_INSTANTIATE

}  // namespace bench
