#include <lambdabar/gradient/gradient_general.hpp>

#include <sstream>
#include <stdexcept>

namespace lambdabar {

template <ScalarType S>
Vector<S> gradient(const SparseGeneral<S>& A, const GeneralCotangent<S>& bar) {
    if (A.rows() != bar.rows()) {
        std::ostringstream message;
        message << "gradient: the cotangent has " << bar.rows() << " rows, the operator " << A.rows();
        throw std::invalid_argument(message.str());
    }
    const StoredPattern& pattern = A.pattern();
    Vector<S> g(pattern.size());
    // Budget: the pattern once, one row of V and of W (contiguous, rank scalars each) per entry.
#pragma omp parallel for schedule(static) if (pattern.size() > 4096)
    for (Index o = 0; o < pattern.outer; ++o) {
        for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
            const auto [r, c] = A.position(o, e);
            g(e) = bar.W.row(c).dot(bar.V.row(r));  // Σ_j v_rj conj(w_cj): dot() conjugates its left argument
        }
    }
    return g;
}

template Vector<double> gradient<double>(const SparseGeneral<double>&, const GeneralCotangent<double>&);
template Vector<std::complex<double>> gradient<std::complex<double>>(const SparseGeneral<std::complex<double>>&,
                                                                     const GeneralCotangent<std::complex<double>>&);

}  // namespace lambdabar
