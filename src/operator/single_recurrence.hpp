#pragma once
#include "chebyshev_filter.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace lambdabar {

/// G_i = (p(λ_i) − p(A))(A − λ_i)⁻¹ R_i, the polynomial in A of degree d − 1 that is left of p, the Chebyshev
/// polynomial of chebyshev_filter(), when its value at λ_i is taken off and the root at λ_i divided out, in single
/// precision.
///
/// Two uses. Of a Ritz pair (λ_i, t) with the residual r = A t − λ_i t it is all that filtering t would add to a space
/// which holds t: p(A) t = p(λ_i) t − G. And G is small with r, so that its rounding is relative to a residual that
/// falls, where p(A) t itself in single precision would end at 1e-7 ‖A‖. And, divided by p(λ_i), it is the polynomial
/// preconditioner of ChebyshevPreconditioner.
///
/// G obeys the recurrence of p with a source. A copy of A is held, in single precision and in slices of eight rows:
/// 8 (complex: 12) bytes a slot. A product reads it, R and two blocks, and writes one, of half the size of blocks in
/// double: it takes 0.5 to 0.65 of the time of one in double.
template <ScalarType S>
class SingleRecurrence {
public:
    /// Represents sign·A, which must not change. None if slices would be a quarter larger than the rows: rows of very
    /// different lengths.
    static std::optional<SingleRecurrence> make(const SparseHermitian<S>& A, double sign);

    /// False where the rounding of A is not small beside a distance from λ to the cut: G would be that of another
    /// matrix.
    bool resolves(double distance) const { return distance >= kResolved * unit_; }

    /// R and G are n×b blocks; `size`: ‖R_i‖ about. `degree` ≥ 1; degree − 1 products, which `counted` counts. False
    /// if numbers of single precision did not suffice: G is not finite then.
    [[nodiscard]] bool apply(CountedOperator<S>& counted, In<S> R, const Eigen::VectorXd& size,
                             const Eigen::VectorXd& lambda, Index degree, const FilterInterval& interval, Out<S> G);

private:
    static constexpr double kResolved = 1e-4;  // 1600 roundings

    SingleRecurrence(Index n, std::vector<std::ptrdiff_t> start) : n_(n), start_(std::move(start)) {}
    bool apply_to_few(In<S> R, const Eigen::VectorXd& size, const Eigen::VectorXd& lambda, Index degree,
                      const FilterInterval& interval, Out<S> G);

    Index n_;
    double shift_ = 0.0;  // the copy holds (sign·A − shift)/unit
    double unit_ = 1.0;   // a power of two near its largest entry
    std::vector<std::ptrdiff_t> start_;
    std::vector<int> column_;
    std::vector<float> value_, source_, now_, before_;
};

}  // namespace lambdabar
