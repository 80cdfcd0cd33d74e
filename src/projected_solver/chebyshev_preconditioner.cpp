#include "chebyshev_preconditioner.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kDamping = 3.0;
constexpr double kLeastExcess = 2.0;                       // a few steps remain otherwise, …
constexpr double kFewSteps = 24.0;                         // … or by their bound for conjugate gradients
constexpr double kDegreePerFactor = 0.9;                   // for each factor e that the residuals are to fall by
constexpr double kLeastDegree = 16.0;                      // where many steps remain …
constexpr double kDegreePerStep = 0.3;                     // … or so much of them, …
constexpr double kOfVeryMany = 0.018, kMostDegree = 64.0;  // … or of very many: passes count more, roundings up less
constexpr double kProducts = 1.7;                          // times as many as without

/// Whether fewer passes over blocks of b columns outweigh kProducts times the products, by the bytes both move for a
/// row.
template <ScalarType S>
bool saves_traffic(const SparseHermitian<S>& A, bool single, Index b, Index degree) {
    const double number = sizeof(S), column = number * static_cast<double>(b), part = single ? 0.5 : 1.0;
    const double entries =
        static_cast<double>(A.nonzeros()) / static_cast<double>(A.rows()) * static_cast<double>((b + 7) / 8);
    const double plain = (number + 4.0) * entries + 22.0 * column;
    const double recurrence =
        (part * number + 4.0) * entries + (4.0 * part + 26.0 / static_cast<double>(degree)) * column;
    return plain > 1.2 * kProducts * recurrence;
}

/// Steps that bring residuals down by the factor `excess`, by the condition of A − λ on [begin, end].
double steps_without(const RestOfSpectrum& rest, double nearest, double excess) {
    return 0.5 * std::sqrt((rest.end - nearest) / (rest.begin - nearest)) * std::log(2.0 * excess);
}

Index even(double degree) { return 2 * static_cast<Index>(std::lround(degree / 2.0)); }

/// Where the cut lies if the polynomial is to be kDamping at s: T_d((c − s)/e) = kDamping.
double cut_for(double s, double end, Index degree) {
    const double t = std::cosh(std::acosh(kDamping) / static_cast<double>(degree));
    return (2.0 * s + (t - 1.0) * end) / (t + 1.0);
}

}  // namespace

template <ScalarType S>
std::optional<ChebyshevPreconditioner<S>> ChebyshevPreconditioner<S>::make(CountedOperator<S>& counted,
                                                                           const SparseHermitian<S>& A, double sign,
                                                                           const RestOfSpectrum& rest,
                                                                           const Eigen::VectorXd& lambda,
                                                                           double excess) {
    const double nearest = lambda.maxCoeff();
    if (!(excess > kLeastExcess && nearest < rest.begin && rest.begin < rest.end)) return std::nullopt;
    const double steps = steps_without(rest, nearest, excess);
    if (steps < kFewSteps) return std::nullopt;
    const Index degree =
        even(std::max({kDegreePerFactor * std::log(excess), std::min(kLeastDegree, kDegreePerStep * steps),
                       std::min(kMostDegree, kOfVeryMany * steps)}));
    if (!saves_traffic(A, true, lambda.size(), degree)) return std::nullopt;
    auto single = SingleRecurrence<S>::make(A, sign);
    if (single && !single->resolves(rest.begin - nearest)) single.reset();
    if (!single && !saves_traffic(A, false, lambda.size(), degree)) return std::nullopt;
    const double cut = std::max(rest.begin, cut_for(nearest, rest.end, degree));
    return ChebyshevPreconditioner(counted, A, sign, std::move(single), {lambda.minCoeff(), cut, rest.end}, degree);
}

template <ScalarType S>
ChebyshevPreconditioner<S>::ChebyshevPreconditioner(CountedOperator<S>& counted, const SparseHermitian<S>& A,
                                                    double sign, std::optional<SingleRecurrence<S>> single,
                                                    const FilterInterval& interval, Index degree)
    : counted_(counted), A_(A), single_(std::move(single)), interval_(interval), sign_(sign), degree_(degree) {}

template <ScalarType S>
void ChebyshevPreconditioner<S>::apply(In<S> R, const Eigen::VectorXd& lambda, Out<S> Z) {
    if (size_ == 0.0) size_ = norms<S>(R).maxCoeff();  // one for all columns and steps: Z is linear in R
    if (single_ &&
        single_->apply(counted_, R, Eigen::VectorXd::Constant(R.cols(), size_), lambda, degree_, interval_, Z))
        return;
    apply_in_double(R, lambda, Z);
}

// p_j is scaled to one at the lowest λ: p_(j+1) = f (μ − c) p_j − g p_(j−1), as in chebyshev_filter(). G_j = (p_j(λ) −
// p_j(A))(A − λ)⁻¹ R obeys the same recurrence with a source: G_(j+1) = f ((A − c) G_j − p_j(λ) R) − g G_(j−1), G_0 =
// 0.
template <ScalarType S>
void ChebyshevPreconditioner<S>::apply_in_double(In<S> R, const Eigen::VectorXd& lambda, Out<S> Z) {
    const Index b = R.cols();
    const double half = (interval_.upper - interval_.cut) / 2.0, middle = (interval_.upper + interval_.cut) / 2.0;
    const double first = half / (interval_.lowest - middle);
    const Eigen::VectorXd center = Eigen::VectorXd::Constant(b, sign_ * middle);
    const Eigen::ArrayXd distance = lambda.array() - middle;
    Eigen::ArrayXd p_before = Eigen::ArrayXd::Ones(b), p = first / half * distance;
    Block<S> G = R;
    scale_columns<S>(G, Eigen::VectorXd::Constant(b, -first / half));
    if (before_.cols() != b) before_.resize(R.rows(), b);
    double sigma = first;
    for (Index j = 1; j < degree_; ++j) {
        const double next = 1.0 / (2.0 / first - sigma), f = 2.0 * next / half, g = next * sigma;
        A_.apply_recurrence(G, center, sign_ * f, j == 1 ? 0.0 : g, R, (-f * p).matrix(), before_);
        G.swap(before_);
        const Eigen::ArrayXd p_next = f * distance * p - g * p_before;
        p_before = p;
        p = p_next;
        sigma = next;
    }
    counted_.add_products((degree_ - 1) * b);
    Z = G;
}

template class ChebyshevPreconditioner<double>;
template class ChebyshevPreconditioner<std::complex<double>>;

}  // namespace lambdabar
