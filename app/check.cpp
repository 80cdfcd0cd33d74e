#include "matrix_file.hpp"
#include "progress.hpp"
#include "solve.hpp"

#include <cstdio>
#include <stdexcept>

namespace lambdabar::app {

namespace {

/// φ = Σ_c w_c Σ_{i∈c} (λ_i/‖A‖ + x_iᴴ D x_i) over the clusters c of the unperturbed matrix, D a random diagonal: it
/// sees values and vectors of every pair, and no basis inside a cluster.
template <ScalarType S>
class TestObjective {
public:
    TestObjective(Index n, std::uint64_t seed) {
        Block<double> d(n, 1);
        fill_random<double>(d, seed, 77);
        d_ = d.col(0);
    }

    Evaluation<S> operator()(const Eigenpairs<S>& pairs) {
        if (weights_.size() == 0) fix_clusters(pairs);  // the first evaluation is at the matrix itself
        const Matrix<S> DX = d_.template cast<S>().asDiagonal() * pairs.vectors;
        const Eigen::VectorXd quadratic = pairs.vectors.conjugate().cwiseProduct(DX).colwise().sum().real().transpose();
        return {.value = weights_.dot(pairs.values / norm_ + quadratic),
                .bar = {.values = weights_ / norm_, .vectors = 2.0 * DX * weights_.template cast<S>().asDiagonal()}};
    }

private:
    void fix_clusters(const Eigenpairs<S>& pairs) {
        norm_ = pairs.norm_A;
        weights_.resize(pairs.size());
        for (std::size_t c = 0; c < pairs.clusters.size(); ++c)
            weights_.segment(pairs.clusters[c].first, pairs.clusters[c].count)
                .setConstant(1.0 + 0.5 * static_cast<double>(c));
    }

    Eigen::VectorXd d_, weights_;
    double norm_ = 1.0;
};

template <ScalarType S>
int check_command(const CheckCommand& command) {
    const MatrixFile<S> file(command.matrix);
    GradientReport report;
    {
        ProgressLine progress(command.quiet);
        TestObjective<S> objective(file.rows(), command.solver.seed);
        report = check_gradient(file.A(), [&](const Eigenpairs<S>& pairs) { return objective(pairs); },
                                {.eigsh = solver_options<S>(command.solver, false, progress),
                                 .directions = command.directions,
                                 .first_step = command.first_step,
                                 .steps = command.steps,
                                 .seed = command.solver.seed,
                                 .convention = command.convention});
    }
    std::fputs(report.describe().c_str(), stdout);
    return report.passed() ? success : check_failed;
}

}  // namespace

int run(const CheckCommand& command) {
    if (!command.mass.empty()) {
        throw std::invalid_argument(
            "check tests gradients of A x = λ x only, not with --mass: compare pullback --mass with differences of "
            "eigsh "
            "--mass on changed files");
    }
    return with_scalar_of(command, [&](auto scalar) { return check_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
