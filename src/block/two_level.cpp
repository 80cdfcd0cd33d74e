#include "two_level.hpp"

#include "reductions.hpp"
#include "two_level_native.hpp"

namespace lambdabar {

namespace {

template <class S>
native::Columns view(ConstBlockRef<S> X) {
    return {real_data(X), real_stride(X), kRealColumns<S> * X.cols()};
}

template <class S>
native::Term term(const BlockProduct<S>& product, const RealFactor& factor) {
    return {real_data(product.V), real_stride(product.V), factor.rows, native_view(factor)};
}

}  // namespace

template <ScalarType S>
TwoLevelSums<S> two_level_sums(ConstBlockRef<S> X, ConstBlockRef<S> E, ConstBlockRef<S> Z, ConstBlockRef<S> BZ,
                               ConstBlockRef<S> R, const Sum& sum, std::string_view what) {
    const native::TwoLevelSums operands{view<S>(X), view<S>(E), view<S>(Z), view<S>(BZ), view<S>(R)};
    auto partial = partial_sums(Z.rows(), operands.size());
    native::two_level_sums(Z.rows(), operands, partial.data());
    const Block<double> total = reduce(partial, Z.rows(), 1, operands.size(), sum);
    if (!total.allFinite()) throw_not_finite<S>(Z, what);

    using RealGram = Eigen::Map<const Block<double>>;
    const Index b = operands.Z.count, k = operands.X.count, e = operands.E.count;
    const double* next = total.data();
    TwoLevelSums<S> sums;
    sums.XBZ = from_real_gram(RealGram(next, b, k).transpose(), S{});
    sums.ER = from_real_gram(RealGram(next += b * k, b, e).transpose(), S{});
    sums.zbz = column_sums<S>(next += b * e, Z.cols());
    sums.zr = column_sums<S>(next + b, Z.cols());
    return sums;
}

template <ScalarType S>
Eigen::VectorXd two_level_directions(BlockRef<S> P, BlockRef<S> Q, const Eigen::VectorXd& beta, ConstBlockRef<S> Z,
                                     const BlockProduct<S> (&into_P)[2], ConstBlockRef<S> R, ConstBlockRef<S> BZ,
                                     const Eigen::VectorXd& shift, const BlockProduct<S> (&into_Q)[2], const Sum& sum,
                                     std::string_view what) {
    const Eigen::VectorXd betas = real_columns<S>(beta), shifts = real_columns<S>(shift);
    const RealFactor P0(into_P[0].C), P1(into_P[1].C), Q0(into_Q[0].C), Q1(into_Q[1].C);
    const native::TwoLevelDirections operands{
        .Z = view<S>(Z),
        .BZ = view<S>(BZ),
        .R = view<S>(R),
        .beta = betas.data(),
        .shift = shifts.data(),
        .terms = {term(into_P[0], P0), term(into_P[1], P1), term(into_Q[0], Q0), term(into_Q[1], Q1)},
        .P = real_data<S>(P),
        .ldp = real_stride(P),
        .Q = real_data<S>(Q),
        .ldq = real_stride(Q),
    };
    auto partial = partial_sums(Z.rows(), betas.size());
    auto scratch = partial_sums(Z.rows(), native::kDirectionRows * P0.stride);
    native::two_level_directions(Z.rows(), operands, partial.data(), scratch.data());
    const Block<double> total = reduce(partial, Z.rows(), 1, betas.size(), sum);
    Eigen::VectorXd curvature = column_sums<S>(total.data(), Z.cols());
    if (!curvature.allFinite()) throw_not_finite<S>(Q, what);
    return curvature;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template TwoLevelSums<S> two_level_sums<S>(ConstBlockRef<S>, ConstBlockRef<S>, ConstBlockRef<S>, ConstBlockRef<S>, \
                                               ConstBlockRef<S>, const Sum&, std::string_view);                        \
    template Eigen::VectorXd two_level_directions<S>(BlockRef<S>, BlockRef<S>, const Eigen::VectorXd&,                 \
                                                     ConstBlockRef<S>, const BlockProduct<S>(&)[2], ConstBlockRef<S>,  \
                                                     ConstBlockRef<S>, const Eigen::VectorXd&,                         \
                                                     const BlockProduct<S>(&)[2], const Sum&, std::string_view);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
