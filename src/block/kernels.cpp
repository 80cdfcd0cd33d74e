#include "large_pages.hpp"
#include "reductions.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

void check_same_rows(Index a, Index b, const char* kernel) {
    if (a == b) return;
    std::ostringstream message;
    message << kernel << ": the blocks have " << a << " and " << b << " rows";
    throw std::invalid_argument(message.str());
}

}  // namespace

template <ScalarType S>
Matrix<S> gram(ConstBlockRef<S> V, ConstBlockRef<S> W, const Sum& sum, std::string_view what) {
    check_same_rows(V.rows(), W.rows(), "gram");
    constexpr Index w = kRealColumns<S>;
    const Index m = w * V.cols(), b = w * W.cols();
    auto partial = partial_sums(V.rows(), m * b);
    native::gram(V.rows(), real_data(V), real_stride(V), m, real_data(W), real_stride(W), b, partial.data());
    Matrix<S> G = from_real_gram(reduce(partial, V.rows(), b, m, sum).transpose(), S{});
    if (!G.allFinite()) throw_not_finite<S>(W, what);
    return G;
}

template <ScalarType S>
Matrix<S> project_and_gram(BlockRef<S> W, ConstBlockRef<S> V, const Matrix<S>& C, const Sum& sum,
                           std::string_view what) {
    check_same_rows(V.rows(), W.rows(), "project_and_gram");
    constexpr Index w = kRealColumns<S>;
    const Index m = w * V.cols(), b = w * W.cols();
    auto partial = partial_sums(V.rows(), m * b);
    const RealFactor factor(C);
    native::project_and_gram(V.rows(), real_data(V), real_stride(V), m, native_view(factor), real_data<S>(W),
                             real_stride(W), partial.data());
    Matrix<S> G = from_real_gram(reduce(partial, V.rows(), b, m, sum).transpose(), S{});
    if (!G.allFinite()) throw_not_finite<S>(W, what);
    return G;
}

template <ScalarType S>
Vector<S> dots(ConstBlockRef<S> X, ConstBlockRef<S> Y, const Sum& sum, std::string_view what) {
    check_same_rows(X.rows(), Y.rows(), "dots");
    const Index b = X.cols();
    Vector<S> result(b);
    constexpr Index w = kRealColumns<S>;
    auto partial = partial_sums(X.rows(), w * b);
    const auto kernel = w == 1 ? native::dots : native::dots_complex;
    kernel(X.rows(), real_data(X), real_stride(X), real_data(Y), real_stride(Y), b, partial.data());
    const Block<double> total = reduce(partial, X.rows(), 1, w * b, sum);
    result = Eigen::Map<const Vector<S>>(reinterpret_cast<const S*>(total.data()), b);
    if (!result.allFinite()) throw_not_finite<S>(Y, what);
    return result;
}

template <ScalarType S>
Eigen::VectorXd norms(ConstBlockRef<S> X, const Sum& sum, std::string_view what) {
    const Index b = kRealColumns<S> * X.cols();
    auto partial = partial_sums(X.rows(), b);
    native::dots(X.rows(), real_data(X), real_stride(X), real_data(X), real_stride(X), b, partial.data());
    return norms_from<S>(partial, X, sum, what);
}

template <ScalarType S>
void add_product(BlockRef<S> Y, ConstBlockRef<S> V, const Matrix<S>& C) {
    check_same_rows(V.rows(), Y.rows(), "add_product");
    if (C.size() == 0) return;
    const RealFactor factor(C);
    native::multiply(V.rows(), real_data(V), real_stride(V), factor.rows, native_view(factor), true, real_data<S>(Y),
                     real_stride(Y), nullptr);
}

template <ScalarType S>
void set_product(BlockRef<S> Y, ConstBlockRef<S> V, const Matrix<S>& C) {
    check_same_rows(V.rows(), Y.rows(), "set_product");
    const RealFactor factor(C);
    std::vector<double> scratch;
    if (Y.data() == V.data() && factor.stride > native::kColumnsAtOnce)
        scratch = partial_sums(V.rows(), native::kScratchRows * factor.stride);
    native::multiply(V.rows(), real_data(V), real_stride(V), factor.rows, native_view(factor), false, real_data<S>(Y),
                     real_stride(Y), scratch.empty() ? nullptr : scratch.data());
}

template <ScalarType S>
void rotate(BlockRef<S> V, const Matrix<S>& C) {
    set_product<S>(V, V, C);
}

template <ScalarType S>
void add_scaled(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a) {
    check_same_rows(X.rows(), Y.rows(), "add_scaled");
    const Eigen::VectorXd t = real_columns<S>(a), s = Eigen::VectorXd::Ones(t.size());
    native::combine(X.rows(), real_data(X), real_stride(X), t.data(), real_data<S>(Y), real_stride(Y), s.data(),
                    s.size());
}

template <ScalarType S>
void scale_and_add(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a) {
    check_same_rows(X.rows(), Y.rows(), "scale_and_add");
    const Eigen::VectorXd s = real_columns<S>(a), t = Eigen::VectorXd::Ones(s.size());
    native::combine(X.rows(), real_data(X), real_stride(X), t.data(), real_data<S>(Y), real_stride(Y), s.data(),
                    s.size());
}

template <ScalarType S>
void copy(BlockRef<S> Y, ConstBlockRef<S> X) {
    check_same_rows(Y.rows(), X.rows(), "copy");
    native::copy(X.rows(), real_data(X), real_stride(X), X.cols() * kRealColumns<S>, real_data<S>(Y), real_stride(Y));
}

template <ScalarType S>
void scale_columns(BlockRef<S> Y, const Eigen::VectorXd& a) {
    const Eigen::VectorXd s = real_columns<S>(a);
    native::combine(Y.rows(), nullptr, 0, nullptr, real_data<S>(Y), real_stride(Y), s.data(), s.size());
}

template <ScalarType S>
Eigen::VectorXd descend(BlockRef<S> X, BlockRef<S> R, ConstBlockRef<S> P, ConstBlockRef<S> Q, const Eigen::VectorXd& a,
                        const Sum& sum, std::string_view what) {
    check_same_rows(X.rows(), P.rows(), "descend");
    const Eigen::VectorXd step = real_columns<S>(a);
    auto partial = partial_sums(X.rows(), step.size());
    const native::Descent descent{step.data(),     real_data(P),   real_stride(P),  real_data(Q),  real_stride(Q),
                                  real_data<S>(X), real_stride(X), real_data<S>(R), real_stride(R)};
    native::descend(X.rows(), descent, step.size(), partial.data());
    return norms_from<S>(partial, R, sum, what);
}

template <ScalarType S>
Eigen::VectorXd add_scaled_and_norms(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a, const Sum& sum,
                                     std::string_view what) {
    check_same_rows(X.rows(), Y.rows(), "add_scaled_and_norms");
    const Eigen::VectorXd factor = real_columns<S>(a);
    auto partial = partial_sums(X.rows(), factor.size());
    native::add_and_sum(X.rows(),
                        {factor.data(), real_data(X), real_stride(X), nullptr, 0, real_data<S>(Y), real_stride(Y)},
                        factor.size(), partial.data());
    return norms_from<S>(partial, Y, sum, what);
}

template <ScalarType S>
Eigen::VectorXd add_scaled_and_dots(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a, ConstBlockRef<S> V,
                                    const Sum& sum, std::string_view what) {
    check_same_rows(X.rows(), Y.rows(), "add_scaled_and_dots");
    check_same_rows(V.rows(), Y.rows(), "add_scaled_and_dots");
    const Eigen::VectorXd factor = real_columns<S>(a);
    auto partial = partial_sums(X.rows(), factor.size());
    native::add_and_sum(
        X.rows(),
        {factor.data(), real_data(X), real_stride(X), real_data(V), real_stride(V), real_data<S>(Y), real_stride(Y)},
        factor.size(), partial.data());
    const Block<double> total = reduce(partial, X.rows(), 1, factor.size(), sum);
    const Eigen::VectorXd result = column_sums<S>(total.data(), a.size());
    if (!result.allFinite()) throw_not_finite<S>(Y, what);
    return result;
}

template <ScalarType S>
void minres_update(BlockRef<S> X, BlockRef<S> W1, ConstBlockRef<S> W2, ConstBlockRef<S> V,
                   const MinresFactors& factors) {
    check_same_rows(X.rows(), V.rows(), "minres_update");
    const Eigen::VectorXd v = real_columns<S>(factors.v), w1 = real_columns<S>(factors.w1),
                          w2 = real_columns<S>(factors.w2), step = real_columns<S>(factors.step);
    native::minres_update(X.rows(),
                          {v.data(), w1.data(), w2.data(), step.data(), real_data(V), real_stride(V), real_data(W2),
                           real_stride(W2), real_data<S>(W1), real_stride(W1), real_data<S>(X), real_stride(X)},
                          v.size());
}

template <ScalarType S>
Block<S> zeros(Index n, Index b) {
    Block<S> Y(n, b);
    prefer_large_pages(Y.data(), static_cast<std::size_t>(Y.size()) * sizeof(S));
    native::clear(Y.size() * kRealColumns<S>, reinterpret_cast<double*>(Y.data()));
    return Y;
}

template <ScalarType S>
Block<S> to_block(const Matrix<S>& X) {
    constexpr Index kRows = 4096;
    Block<S> Y(X.rows(), X.cols());
#pragma omp parallel for schedule(static)
    for (Index first = 0; first < X.rows(); first += kRows) {
        const Index rows = std::min(kRows, X.rows() - first);
        Y.middleRows(first, rows) = X.middleRows(first, rows);
    }
    return Y;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                            \
    template Matrix<S> gram<S>(ConstBlockRef<S>, ConstBlockRef<S>, const Sum&, std::string_view);           \
    template Matrix<S> project_and_gram<S>(BlockRef<S>, ConstBlockRef<S>, const Matrix<S>&, const Sum&,     \
                                           std::string_view);                                               \
    template Vector<S> dots<S>(ConstBlockRef<S>, ConstBlockRef<S>, const Sum&, std::string_view);           \
    template Eigen::VectorXd norms<S>(ConstBlockRef<S>, const Sum&, std::string_view);                      \
    template void add_product<S>(BlockRef<S>, ConstBlockRef<S>, const Matrix<S>&);                          \
    template void set_product<S>(BlockRef<S>, ConstBlockRef<S>, const Matrix<S>&);                          \
    template void rotate<S>(BlockRef<S>, const Matrix<S>&);                                                 \
    template Eigen::VectorXd descend<S>(BlockRef<S>, BlockRef<S>, ConstBlockRef<S>, ConstBlockRef<S>,       \
                                        const Eigen::VectorXd&, const Sum&, std::string_view);              \
    template Eigen::VectorXd add_scaled_and_norms<S>(BlockRef<S>, ConstBlockRef<S>, const Eigen::VectorXd&, \
                                                     const Sum&, std::string_view);                         \
    template Eigen::VectorXd add_scaled_and_dots<S>(BlockRef<S>, ConstBlockRef<S>, const Eigen::VectorXd&,  \
                                                    ConstBlockRef<S>, const Sum&, std::string_view);        \
    template void minres_update<S>(BlockRef<S>, BlockRef<S>, ConstBlockRef<S>, ConstBlockRef<S>,            \
                                   const MinresFactors&);                                                   \
    template Block<S> zeros<S>(Index, Index);                                                               \
    template Block<S> to_block<S>(const Matrix<S>&);                                                        \
    template void copy<S>(BlockRef<S>, ConstBlockRef<S>);                                                   \
    template void scale_columns<S>(BlockRef<S>, const Eigen::VectorXd&);                                    \
    template void add_scaled<S>(BlockRef<S>, ConstBlockRef<S>, const Eigen::VectorXd&);                     \
    template void scale_and_add<S>(BlockRef<S>, ConstBlockRef<S>, const Eigen::VectorXd&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
