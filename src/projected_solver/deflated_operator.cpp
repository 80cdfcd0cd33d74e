#include "deflated_operator.hpp"

namespace lambdabar {

namespace {

constexpr const char* kProduct = "projected_solve: the operator's product";

}  // namespace

std::vector<Index> clear_of(const Eigen::VectorXd& theta, const Eigen::VectorXd& lambda) {
    std::vector<Index> clear;
    for (Index j = 0; j < theta.size(); ++j) {
        const double reach = theta.sum() / static_cast<double>(theta.size()) - lambda.minCoeff();
        if (theta(j) - lambda.maxCoeff() > 1e-6 * std::abs(reach)) clear.push_back(j);
    }
    return clear;
}

template <ScalarType S>
DeflatedOperator<S>::DeflatedOperator(CountedOperator<S>& A, const Metric<S>& metric, const Deflation<S>& deflation,
                                      const Eigen::VectorXd& lambda, const Sum& sum)
    : A_(A), metric_(metric), sum_(sum), k_(deflation.X.cols()), X_(deflation.X) {
    const Index n = A.rows();
    const std::vector<Index> used = clear_of(deflation.sign * deflation.extra_values, lambda);
    e_ = static_cast<Index>(used.size());
    theta_.resize(e_);
    if (e_ > 0) {
        Z_.resize(n, k_ + (one_space() ? 2 : 1) * e_);
        Z_.leftCols(k_) = deflation.X;
        for (Index j = 0; j < e_; ++j) {
            Z_.col(k_ + j) = deflation.extra.col(used[static_cast<std::size_t>(j)]);
            theta_(j) = deflation.sign * deflation.extra_values(used[static_cast<std::size_t>(j)]);
        }
    }
    if (!one_space()) {
        BZ_.resize(n, k_ + 2 * e_);
        if (k_ + e_ > 0) BZ_.leftCols(k_ + e_) = metric_.image(XE(), scratch_);
    }
    if (e_ == 0) return;
    const auto E = Z_.middleCols(k_, e_);
    BlockRef<S> F = one_space() ? Z_.rightCols(e_) : BZ_.rightCols(e_);
    A_.apply(E, F);
    project_residual(F, kProduct);
}

template <ScalarType S>
void DeflatedOperator<S>::project_residual(Out<S> Y, std::string_view what) const {
    if (k_ + e_ == 0) return;
    add_product<S>(Y, images(), -gram<S>(XE(), Y, sum_, what));
}

template <ScalarType S>
void DeflatedOperator<S>::project_direction(Out<S> U, std::string_view what) const {
    if (k_ + e_ == 0) return;
    add_product<S>(U, XE(), -gram<S>(images(), U, sum_, what));
}

template <ScalarType S>
void DeflatedOperator<S>::remove_X(Out<S> b) const {
    if (k_ > 0) add_product<S>(b, images().leftCols(k_), -gram<S>(X_, b, sum_));
}

/// Row j, column i divided by θ_j − λ_i.
template <ScalarType S>
Matrix<S> DeflatedOperator<S>::divided_by_gap(Matrix<S> C, const Eigen::VectorXd& lambda) const {
    for (Index i = 0; i < C.cols(); ++i) C.col(i).array() /= (theta_.array() - lambda(i)).template cast<S>();
    return C;
}

template <ScalarType S>
void DeflatedOperator<S>::apply(In<S> U, const Eigen::VectorXd& lambda, Out<S> Y) {
    if (one_space()) {
        A_.apply_fused(U, lambda, 1.0, 0.0, Y);
    } else {
        A_.apply(U, Y);
        add_scaled<S>(Y, metric_.image(U, scratch_), -lambda);
    }
    if (k_ + e_ == 0) return;
    // X is invariant to its own residual only, which is far above rounding: no step may skip the projection.
    const Matrix<S> g = gram<S>(XE(), Y, sum_, kProduct);
    Matrix<S> C(k_ + 2 * e_, U.cols());
    C << -g, -divided_by_gap(g.bottomRows(e_), lambda);
    add_product<S>(Y, images_and_F(), C);
}

template <ScalarType S>
void DeflatedOperator<S>::reduce(Out<S> b, const Eigen::VectorXd& lambda) {
    if (k_ + e_ == 0) return;
    const Matrix<S> g = gram<S>(XE(), b, sum_, "projected_solve: the right-hand side");
    rhs_in_E_ = g.bottomRows(e_);
    Matrix<S> C(k_ + 2 * e_, b.cols());
    C << -g, -divided_by_gap(rhs_in_E_, lambda);
    add_product<S>(b, images_and_F(), C);
    project_residual(b);  // twice is enough
}

template <ScalarType S>
void DeflatedOperator<S>::complete(Out<S> U, const Eigen::VectorXd& lambda) const {
    if (e_ > 0) {
        const Matrix<S> FU = gram<S>(images_and_F().rightCols(e_), U, sum_);
        add_product<S>(U, XE().rightCols(e_), divided_by_gap(rhs_in_E_ - FU, lambda));
    }
    if (k_ > 0) add_product<S>(U, X_, -gram<S>(images().leftCols(k_), U, sum_));
}

template class DeflatedOperator<double>;
template class DeflatedOperator<std::complex<double>>;

}  // namespace lambdabar
