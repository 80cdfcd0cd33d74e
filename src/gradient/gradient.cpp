#include <lambdabar/gradient/gradient.hpp>

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

template <ScalarType S>
Vector<S> gradient(const SparseHermitian<S>& A, const Cotangent<S>& bar, Convention convention) {
    detail::check_gradient_sizes(A.rows(), bar.rows(), A.stored_entries());
    const StoredPattern& pattern = A.pattern();
    const bool lower_of_both = convention == Convention::lower && A.triangle() == Triangle::both;
    Vector<S> g(pattern.size());
    // Budget: the pattern once, two rows of V and W (contiguous, rank scalars each) per entry.
#pragma omp parallel for schedule(static) if (pattern.size() > 4096)
    for (Index o = 0; o < pattern.outer; ++o) {
        for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
            const auto [r, c] = A.position(o, e);
            // Ā_rc = ½ Σ_j (v_rj conj(w_cj) + w_rj conj(v_cj)); dot() conjugates its left argument.
            const S a_bar = 0.5 * (bar.W.row(c).dot(bar.V.row(r)) + bar.V.row(c).dot(bar.W.row(r)));
            if (r == c) {
                g(e) = std::real(a_bar);
            } else if (convention == Convention::full) {
                g(e) = a_bar;
            } else {
                g(e) = lower_of_both && r < c ? S{0} : 2.0 * a_bar;
            }
        }
    }
    return g;
}

template <ScalarType S>
Vector<S> gradient(const SparseHermitian<S>& A, const Cotangent<S>& bar) {
    return gradient(A, bar, A.triangle() == Triangle::both ? Convention::full : Convention::lower);
}

namespace detail {

void check_gradient_sizes(Index operator_rows, Index cotangent_rows, Index parameters) {
    std::ostringstream message;
    if (operator_rows != cotangent_rows) {
        message << "gradient: the cotangent has " << cotangent_rows << " rows, the operator " << operator_rows;
    } else if (parameters < 1) {
        message << "gradient: the operator has " << parameters << " parameters to differentiate in";
    } else {
        return;
    }
    throw std::invalid_argument(message.str());
}

void check_gradient_parameters(Index of_A, Index of_B) {
    if (of_A == of_B) return;
    std::ostringstream message;
    message << "gradient: A has " << of_A << " parameters and B has " << of_B << "; a shared p̄ needs one set";
    throw std::invalid_argument(message.str());
}

void check_gradient_values(const Eigen::VectorXd& g) {
    for (Index l = 0; l < g.size(); ++l) {
        if (std::isfinite(g(l))) continue;
        std::ostringstream message;
        message << "gradient: the operator's vjp returned " << g(l) << " for parameter " << l;
        throw std::invalid_argument(message.str());
    }
}

}  // namespace detail

#define LAMBDABAR_INSTANTIATE(S)                                                                \
    template Vector<S> gradient<S>(const SparseHermitian<S>&, const Cotangent<S>&, Convention); \
    template Vector<S> gradient<S>(const SparseHermitian<S>&, const Cotangent<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
