#include "start_vectors.hpp"

#include <lambdabar/block/kernels.hpp>

namespace lambdabar {

namespace {

constexpr double kLeastChange = 1e-9;  // of a unit vector from step to step, above the rounding of its solve

}  // namespace

template <ScalarType S>
double remembered_norm(const Warm<S>& warm, const Eigen::VectorXd& theta) {
    const double largest = theta.cwiseAbs().maxCoeff(), last = warm.values.cwiseAbs().maxCoeff();
    return warm.norm_A * (last > 0.0 ? std::min(1.0, largest / last) : 1.0);
}

template <ScalarType S>
Block<S> previous_directions(const EigshOptions<S>& options, ConstBlockRef<S> V, const Metric<S>& metric, Index most) {
    const Index n = V.rows();
    const Warm<S>* warm = usable_warm(options, n);
    const bool fits = warm && V.cols() > 0 && warm->previous.rows() == n && warm->previous.cols() > 0;
    if (options.sum.total(fits ? 0 : 1) > 0) return Block<S>(n, 0);
    const Index count = std::min(warm->previous.cols(), most);
    if (count < 1) return Block<S>(n, 0);
    Block<S> T = to_block<S>(warm->previous.leftCols(count)), scratch;
    add_product<S>(T, V, -metric.inner(V, T, scratch, options.sum, "eigsh: the start block"));
    const Eigen::VectorXd change = metric.norms(T, scratch, options.sum);
    std::vector<Index> moved;
    for (Index j = 0; j < count; ++j) {
        if (change(j) > kLeastChange) moved.push_back(j);
    }
    return Block<S>(T(Eigen::all, moved));
}

#define LAMBDABAR_INSTANTIATE(S)                                                \
    template double remembered_norm<S>(const Warm<S>&, const Eigen::VectorXd&); \
    template Block<S> previous_directions<S>(const EigshOptions<S>&, ConstBlockRef<S>, const Metric<S>&, Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
