#include "pencils.hpp"

namespace lambdabar::test {

template <ScalarType S>
Sparse<S> exactly_hermitian(const Sparse<S>& M) {
    const Sparse<S> adjoint = M.adjoint();
    Sparse<S> H = (M + adjoint) * S{0.5};
    H.prune([](Index, Index, const S& value) { return value != S{0}; });
    for (Index i = 0; i < H.rows(); ++i) {
        if (H.coeff(i, i) != S{0}) H.coeffRef(i, i) = S{std::real(H.coeff(i, i))};
    }
    H.makeCompressed();
    return H;
}

template <ScalarType S>
TestPencil<S> test_pencil(Eigen::VectorXd spectrum, unsigned seed, Mass mass, int massless_sign) {
    const Index massive = spectrum.size();
    std::vector<Index> heavy, light;
    for (Index i = 0; static_cast<Index>(heavy.size()) < massive; ++i)
        (mass != Mass::regular && i % 4 == 2 ? light : heavy).push_back(i);
    const auto n = static_cast<Index>(heavy.size() + light.size());
    std::vector<bool> is_heavy(static_cast<std::size_t>(n), true);
    for (const Index i : light) is_heavy[static_cast<std::size_t>(i)] = false;

    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> diagonal(0.8, 1.25);
    std::vector<Eigen::Triplet<S>> L_entries, C_entries, N_entries;
    const auto put = [](std::vector<Eigen::Triplet<S>>& entries, Index r, Index c, S value) {
        entries.emplace_back(static_cast<int>(r), static_cast<int>(c), value);
    };
    Eigen::VectorXd row_sum = Eigen::VectorXd::Zero(n), column_sum = Eigen::VectorXd::Zero(n);
    const auto couple = [&](Index r, Index c) {
        if (r < 0 || r >= n) return;
        S value = random_normal<S>(random);
        value *= 0.15 / std::abs(value);
        put(L_entries, r, c, value);
        row_sum(r) += std::abs(value);
        column_sum(c) += std::abs(value);
    };
    for (Index i = 0; i < n; ++i) {
        const bool heavy_here = is_heavy[static_cast<std::size_t>(i)];
        put(L_entries, i, i, S{diagonal(random)});
        if (heavy_here) {
            put(N_entries, i, i, S{1});
            const bool couples = i + 1 < n && (mass == Mass::regular || mass == Mass::hidden ||
                                               (mass == Mass::consistent && is_heavy[static_cast<std::size_t>(i + 1)]));
            if (couples) couple(i + 1, i);
        } else {
            couple(i - 1, i);
            couple(i + 1, i);
        }
    }
    const auto embed = [&](const Sparse<S>& block, const std::vector<Index>& rows) {
        for (Index c = 0; c < block.cols(); ++c) {
            for (typename Sparse<S>::InnerIterator it(block, c); it; ++it)
                put(C_entries, rows[static_cast<std::size_t>(it.row())], rows[static_cast<std::size_t>(c)], it.value());
        }
    };
    const double largest = spectrum.cwiseAbs().maxCoeff();
    embed(sparse_with_spectrum<S>(spectrum, seed + 1), heavy);
    if (!light.empty()) {
        Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(static_cast<Index>(light.size()), 0.5 * largest, largest);
        for (Index i = 0; i < values.size(); ++i) {
            if (massless_sign < 0 || (massless_sign == 0 && i % 2 == 0)) values(i) *= -1.0;
        }
        embed(sparse_with_spectrum<S>(values, seed + 2, 2), light);
    }
    Sparse<S> L(n, n), C(n, n), N(n, n);
    L.setFromTriplets(L_entries.begin(), L_entries.end());
    C.setFromTriplets(C_entries.begin(), C_entries.end());
    N.setFromTriplets(N_entries.begin(), N_entries.end());
    const Sparse<S> L_adjoint = L.adjoint();
    TestPencil<S> pencil;
    pencil.A = exactly_hermitian<S>(Sparse<S>(L * Sparse<S>(C * L_adjoint)));
    pencil.B = exactly_hermitian<S>(Sparse<S>(L * Sparse<S>(N * L_adjoint)));
    const double off = std::sqrt(row_sum.maxCoeff() * column_sum.maxCoeff());
    pencil.condition = std::pow((1.25 + off) / (0.8 - off), 2);
    std::sort(spectrum.data(), spectrum.data() + massive);
    pencil.spectrum = std::move(spectrum);
    pencil.size = largest;
    return pencil;
}

Eigen::VectorXd spectrum_above(const Eigen::VectorXd& low, Index n, double next, double step) {
    Eigen::VectorXd values(n);
    const Index rest = n - low.size();
    values << low, Eigen::VectorXd::LinSpaced(rest, next, next + step * static_cast<double>(rest - 1));
    return values;
}

template <ScalarType S>
ReferenceEigenpairs<S> reference_eigh(const Matrix<S>& A, const Matrix<S>& B) {
    const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(A, B);
    return {solver.eigenvalues(), solver.eigenvectors()};
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template Sparse<S> exactly_hermitian<S>(const Sparse<S>&);                                                    \
    template TestPencil<S> test_pencil<S>(Eigen::VectorXd spectrum, unsigned seed, Mass mass, int massless_sign); \
    template ReferenceEigenpairs<S> reference_eigh<S>(const Matrix<S>& A, const Matrix<S>& B);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
