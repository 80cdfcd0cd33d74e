#include "compare.hpp"

#include "factorizers.hpp"
#include "measure.hpp"
#include "outcome_file.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace bench {

namespace {

constexpr double kReferenceTolerance = 1e-10;
constexpr double kSetup = 2.0;  // seconds that reading a case and the tiny solve before it may take, beside the limit
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();  // who works on the entries counts no products here

/// The largest ‖A x − λ B x‖/‖x‖.
template <class S>
double worst_residual(const CaseOperators<S>& operators, const Eigen::VectorXd& values,
                      const Eigen::Ref<const lambdabar::Matrix<S>>& vectors) {
    double worst = 0.0;
    for (Index i = 0; i < values.size(); ++i) {
        const lambdabar::Block<S> x = vectors.col(i);
        lambdabar::Block<S> Ax(x.rows(), 1), Bx = x;
        operators.A().apply(x, Ax);
        if (operators.B()) operators.B()->apply(x, Bx);
        worst = std::max(worst, (Ax - values(i) * Bx).norm() / x.norm());
    }
    return worst;
}

/// What lambdabar finds, checked as find_reference() says: ‖A‖, then the values.
template <class S>
std::vector<double> reference_run(const Case<S>& c, Index k, bool certify) {
    const CaseOperators<S> operators(c);
    const auto top = lambdabar::eigsh(operators.A(), {.which = lambdabar::Which::largest, .tol = 1e-3, .probe = false});
    std::vector<double> answer{std::abs(top.values(0))};
    if (c.problem.exact.size() >= k) {
        if (!operators.B()) answer[0] = std::max(answer[0], std::abs(c.problem.exact(0)));
        return answer;
    }
    lambdabar::EigshOptions<S> options{.k = k, .tol = kReferenceTolerance};
    const auto solve = [&] {
        if (operators.B()) return lambdabar::eigsh(*operators.stored_A(), *operators.stored_B(), options);
        options.block_size = std::min<Index>(8, operators.A().rows());
        return lambdabar::eigsh(operators.A(), options);
    };
    const auto pairs = solve();
    if (!operators.B()) answer[0] = std::max(answer[0], pairs.norm_A);
    // Eigen's product, not ours: a kernel that is wrong must not confirm itself.
    lambdabar::Matrix<S> BX = pairs.vectors;
    if (c.has_B()) BX = c.B * pairs.vectors;
    const lambdabar::Matrix<S> R = c.problem.A * pairs.vectors - BX * pairs.values.template cast<S>().asDiagonal();
    const double residual = R.colwise().norm().cwiseQuotient(pairs.vectors.colwise().norm()).maxCoeff();
    if (!pairs.converged || !(residual <= 10.0 * kReferenceTolerance * answer[0])) {
        throw std::runtime_error("the reference run on " + c.problem.name + " did not converge: residual " +
                                 std::to_string(residual));
    }
    if (certify && !pairs.certified) {
        // The last clear gap among the values and the guard.
        Eigen::VectorXd all(k + 1);
        all << pairs.values, pairs.guard_value;
        Index below = k;
        while (below > 1 && all(below) - all(below - 1) < 1e-6 * answer[0]) --below;
        const double tau = 0.5 * (all(below - 1) + all(below));
        lambdabar::ShiftInvert<S> factor(*operators.stored_A(), operators.stored_B(), all_factorizers<S>().back().make);
        const bool regular = factor.factor(tau);
        if (!regular || !factor.inertia() || factor.inertia()->negative != below) {
            throw std::runtime_error("the reference run on " + c.problem.name + " finds " + std::to_string(below) +
                                     " eigenvalues below " + std::to_string(tau) + ", the inertia there " +
                                     (regular && factor.inertia() ? std::to_string(factor.inertia()->negative) : "?"));
        }
    }
    answer.insert(answer.end(), pairs.values.begin(), pairs.values.end());
    return answer;
}

/// The numbers of outcome_file.hpp, judged.
template <class S>
Outcome judge(const CaseOperators<S>& operators, const std::vector<double>& numbers, const Reference& reference,
              const Goal& goal) {
    const Index n = operators.A().rows(), k = goal.k;
    const auto words = static_cast<Index>(sizeof(S) / sizeof(double));
    if (numbers[6] != static_cast<double>(k) || numbers[7] != static_cast<double>(words) ||
        static_cast<Index>(numbers.size()) != kOutcomeHeader + k + k * n * words)
        throw std::runtime_error("the outcome has the wrong size");
    const Eigen::VectorXd values = Eigen::Map<const Eigen::VectorXd>(numbers.data() + kOutcomeHeader, k);
    const lambdabar::Matrix<S> vectors =
        Eigen::Map<const lambdabar::Matrix<S>>(reinterpret_cast<const S*>(numbers.data() + kOutcomeHeader + k), n, k);
    const double worst = worst_residual<S>(operators, values, vectors);
    // An eigenvalue lies within the residual of every value (Weyl; for a pencil, in units of its inner product).
    const double scale = operators.B() ? std::abs(goal.largest) / goal.norm : 1.0;
    const double tolerance = std::max(worst, goal.residual) * std::max(scale, 1.0) + reference.error;
    return {numbers[0],
            numbers[1],
            numbers[2] / (static_cast<double>(n) * sizeof(S)),
            static_cast<Index>(numbers[3]),
            numbers[4],
            static_cast<Index>(numbers[5]),
            worst,
            missing_values(values, reference.values.head(k), tolerance)};
}

template <class S>
std::vector<double> solve_here(const Contender<S>& contender, const Case<S>& c, const Case<S>& tiny, const Goal& goal) {
    {  // starts the threads and loads the code
        const CaseOperators<S> small(tiny);
        Goal easy{.k = 1, .residual = 1e-4, .norm = 1.0, .largest = 1.0};
        (void)contender.solve(small, easy);
    }
    const CaseOperators<S> operators(c);
    const PeakMemory peak;
    const double start = now(), processor_start = processor_seconds();
    const Solution<S> solution = contender.solve(operators, goal);
    std::vector<double> numbers{now() - start,
                                processor_seconds() - processor_start,
                                peak.bytes(),
                                static_cast<double>(solution.products),
                                operators.A().products() > 0 ? operators.seconds() : kNaN,
                                static_cast<double>(solution.basis),
                                static_cast<double>(goal.k),
                                static_cast<double>(sizeof(S) / sizeof(double))};
    numbers.insert(numbers.end(), solution.values.begin(), solution.values.end());
    const auto* entries = reinterpret_cast<const double*>(solution.vectors.data());
    numbers.insert(numbers.end(), entries, entries + solution.vectors.size() * static_cast<Index>(numbers[7]));
    return numbers;
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
Reference find_reference(const Case<S>& c, Index k, bool certify) {
    const std::vector<double> numbers = run_in_child([&] { return reference_run(c, k, certify); });
    Reference reference;
    reference.norm = numbers[0];
    if (c.problem.exact.size() >= k) {
        reference.values = c.problem.exact;
        reference.error = 1e-14 * reference.norm;
        reference.source = "closed form";
    } else {
        reference.values = Eigen::Map<const Eigen::VectorXd>(numbers.data() + 1, k);
        reference.error = 10.0 * kReferenceTolerance * reference.norm;
        reference.source = certify ? "inertia" : "blocks of 8";
    }
    return reference;
}

template <ScalarType S>
Outcome run_contender(const Contender<S>& contender, const Case<S>& c, const Case<S>& tiny, const CaseFiles& files,
                      const Reference& reference, const Goal& goal) {
    std::vector<double> numbers;
    if (contender.program) {
        std::filesystem::remove(files.result);
        run_program(contender.program(files, goal), contender.environment, goal.time_limit + kSetup);
        numbers = read_numbers(files.result.string());
    } else {
        numbers = run_in_child([&] { return solve_here(contender, c, tiny, goal); }, goal.time_limit + kSetup);
    }
    const std::vector<double> judged = run_in_child([&] {
        const CaseOperators<S> operators(c);
        const Outcome o = judge<S>(operators, numbers, reference, goal);
        return std::vector<double>{o.seconds,
                                   o.processor_seconds,
                                   o.vectors,
                                   o.product_seconds,
                                   static_cast<double>(o.products),
                                   static_cast<double>(o.basis),
                                   o.residual,
                                   static_cast<double>(o.wrong)};
    });
    return {judged[0], judged[1],
            judged[2], static_cast<Index>(judged[4]),
            judged[3], static_cast<Index>(judged[5]),
            judged[6], static_cast<Index>(judged[7])};
}

#define LAMBDABAR_INSTANTIATE(S)                                                                             \
    template Reference find_reference<S>(const Case<S>&, Index, bool);                                       \
    template Outcome run_contender<S>(const Contender<S>&, const Case<S>&, const Case<S>&, const CaseFiles&, \
                                      const Reference&, const Goal&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace bench
