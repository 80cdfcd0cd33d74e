#include "deflated_operator.hpp"

namespace lambdabar {

namespace {

constexpr const char* kProduct = "projected_solve: the operator's product";

}  // namespace

template <ScalarType S>
DeflatedOperator<S>::DeflatedOperator(CountedOperator<S>& A, const Deflation<S>& deflation,
                                      const Eigen::VectorXd& lambda, const Sum& sum)
    : A_(A), sum_(sum), k_(deflation.X.cols()), X_(deflation.X) {
    const Index n = A.rows();
    // Only vectors whose Ritz value lies clear beyond every λ_i keep (Θ − λ)⁻¹ harmless.
    const Index given = deflation.extra.cols();
    std::vector<Index> used;
    for (Index j = 0; j < given; ++j) {
        const double theta = deflation.sign * deflation.extra_values(j);
        const double reach =
            deflation.sign * deflation.extra_values.sum() / static_cast<double>(given) - lambda.minCoeff();
        if (theta - lambda.maxCoeff() > 1e-6 * std::abs(reach)) used.push_back(j);
    }
    e_ = static_cast<Index>(used.size());
    if (e_ == 0) return;
    Z_.resize(n, k_ + 2 * e_);
    Z_.leftCols(k_) = deflation.X;
    theta_.resize(e_);
    for (Index j = 0; j < e_; ++j) {
        Z_.col(k_ + j) = deflation.extra.col(used[static_cast<std::size_t>(j)]);
        theta_(j) = deflation.sign * deflation.extra_values(used[static_cast<std::size_t>(j)]);
    }
    const auto E = Z_.middleCols(k_, e_);
    BlockRef<S> F = Z_.rightCols(e_);
    A_.apply(E, F);
    project(F, kProduct);
}

template <ScalarType S>
void DeflatedOperator<S>::project(Out<S> Y, std::string_view what) const {
    const ConstBlockRef<S> XE = Z().leftCols(k_ + e_);
    if (XE.cols() == 0) return;
    add_product<S>(Y, XE, -gram<S>(XE, Y, sum_, what));
}

/// Row j, column i divided by θ_j − λ_i.
template <ScalarType S>
Matrix<S> DeflatedOperator<S>::divided_by_gap(Matrix<S> C, const Eigen::VectorXd& lambda) const {
    for (Index i = 0; i < C.cols(); ++i) C.col(i).array() /= (theta_.array() - lambda(i)).template cast<S>();
    return C;
}

template <ScalarType S>
void DeflatedOperator<S>::apply(In<S> U, const Eigen::VectorXd& lambda, Out<S> Y) {
    A_.apply_fused(U, lambda, 1.0, 0.0, Y);
    const ConstBlockRef<S> XE = Z().leftCols(k_ + e_);
    if (XE.cols() == 0) return;
    // X is invariant to its own residual only, which is far above rounding: no step may skip the projection.
    const Matrix<S> g = gram<S>(XE, Y, sum_, kProduct);
    Matrix<S> C(k_ + 2 * e_, U.cols());
    C << -g, -divided_by_gap(g.bottomRows(e_), lambda);
    add_product<S>(Y, Z(), C);
}

template <ScalarType S>
void DeflatedOperator<S>::reduce(Out<S> B, const Eigen::VectorXd& lambda) {
    const ConstBlockRef<S> XE = Z().leftCols(k_ + e_);
    if (XE.cols() == 0) return;
    const Matrix<S> g = gram<S>(XE, B, sum_, "projected_solve: the right-hand side");
    rhs_in_E_ = g.bottomRows(e_);
    Matrix<S> C(k_ + 2 * e_, B.cols());
    C << -g, -divided_by_gap(rhs_in_E_, lambda);
    add_product<S>(B, Z(), C);
    project(B);  // twice is enough
}

template <ScalarType S>
void DeflatedOperator<S>::complete(Out<S> U, const Eigen::VectorXd& lambda) const {
    if (e_ > 0) {
        const Matrix<S> FU = gram<S>(Z_.rightCols(e_), U, sum_);
        add_product<S>(U, Z_.middleCols(k_, e_), divided_by_gap(rhs_in_E_ - FU, lambda));
    }
    if (k_ > 0) add_product<S>(U, X_, -gram<S>(X_, U, sum_));
}

template class DeflatedOperator<double>;
template class DeflatedOperator<std::complex<double>>;

}  // namespace lambdabar
