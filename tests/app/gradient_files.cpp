#include "app/gradient_files.hpp"

namespace lambdabar::test {

template <ScalarType S>
Sparse<S> direction_on(const Sparse<S>& M, unsigned seed) {
    Sparse<S> D = M;
    const Matrix<S> H = random_hermitian<S>(M.rows(), seed);
    for (Index c = 0; c < D.outerSize(); ++c) {
        for (typename Sparse<S>::InnerIterator entry(D, c); entry; ++entry) entry.valueRef() = H(entry.row(), c);
    }
    return D;
}

template <ScalarType S>
double slope(const CommandLine& line, const std::string& name, const Sparse<S>& dA) {
    const Sparse<S> g = read_sparse<S>(line.file(name), SymmetricStorage::keep);
    double sum = 0.0;
    for (Index c = 0; c < g.outerSize(); ++c) {
        for (typename Sparse<S>::InnerIterator entry(g, c); entry; ++entry)
            sum += std::real(Eigen::numext::conj(entry.value()) * dA.coeff(entry.row(), c));
    }
    return sum;
}

#define LAMBDABAR_INSTANTIATE(S)                                           \
    template Sparse<S> direction_on<S>(const Sparse<S>& M, unsigned seed); \
    template double slope<S>(const CommandLine& line, const std::string& name, const Sparse<S>& dA);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
