#include "dual_norm.hpp"

#include "sentence.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <cmath>

namespace lambdabar {

namespace {

constexpr double kAccuracy = 1e-4;
constexpr double kUseless = 1e-2;
constexpr const char* kResidual = "eigsh: the residual";

}  // namespace

template <ScalarType S>
DualNorm<S>::DualNorm(const Pencil<S>& pencil, const Sum& sum) : pencil_(pencil), sum_(sum) {}

template <ScalarType S>
Eigen::VectorXd DualNorm<S>::exact(ConstBlockRef<S> R) {
    const Eigen::VectorXd r = norms<S>(R, sum_, kResidual);
    if (identity() || r.maxCoeff() == 0.0) return r;
    Block<S> unit = R;
    scale_columns<S>(unit, (r.array() > 0.0).select(r.cwiseInverse(), 0.0));
    ProjectedSolveOptions<S> options{
        .tol = Eigen::VectorXd::Constant(1, kAccuracy), .method = LinearMethod::cg, .sum = sum_};
    if (pencil_.B_entries) options.preconditioner = jacobi(*pencil_.B_entries);
    const Block<S> none(R.rows(), 0);
    const Deflation<S> nothing{.X = none, .extra = none, .extra_values = Eigen::VectorXd()};
    Block<S> Z;
    try {
        Z = detail::projected_solve<S>({.A = *pencil_.B}, Eigen::VectorXd::Zero(R.cols()), nothing, unit, options).W;
    } catch (const std::invalid_argument& error) {
        refuse_input<6>("eigsh: B is not positive definite, or not finite: ", error.what());
    }
    Block<S> left(R.rows(), R.cols());  // s = r − B z
    pencil_.B->apply(Z, left);
    scale_and_add<S>(left, unit, Eigen::VectorXd::Constant(R.cols(), -1.0));
    const Eigen::VectorXd s = norms<S>(left, sum_, kResidual);
    if (!(s.maxCoeff() <= kUseless)) {
        refuse_input<6>("eigsh: conjugate gradients on B, which the norm of a residual takes, stop at a relative ",
                        "residual of ", s.maxCoeff(), ": B is indefinite or nearly singular");
    }
    left += unit;
    const Eigen::VectorXd squares = dots<S>(Z, left, sum_).real().cwiseMax(0.0);
    ratio_ = std::max(ratio_, std::sqrt(squares.maxCoeff()));
    const Eigen::VectorXd norm = (squares.array() + (ratio_ * s.array()).square()).sqrt();
    ratio_ = std::max(ratio_, norm.maxCoeff());
    return norm.cwiseProduct(r);
}

template <ScalarType S>
Eigen::VectorXd DualNorm<S>::estimate(ConstBlockRef<S> R) const {
    const Eigen::VectorXd r = norms<S>(R, sum_, kResidual);
    return identity() ? r : Eigen::VectorXd(ratio_ * r);
}

template class DualNorm<double>;
template class DualNorm<std::complex<double>>;

}  // namespace lambdabar
