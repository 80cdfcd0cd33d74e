#include "ordered_schur.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/Jacobi>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "block/dense.hpp"

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

[[noreturn]] void fail(Index n) {
    throw std::runtime_error("the QR iteration on the projected " + std::to_string(n) + "×" + std::to_string(n) +
                             " matrix did not converge");
}

/// The eigenvalues of a 2×2 diagonal block of a real Schur form whose eigenvalues are complex.
Complex upper_eigenvalue(const Matrix<double>& T, Index i) {
    const double p = 0.5 * (T(i, i) - T(i + 1, i + 1));
    const double q = T(i, i + 1) * T(i + 1, i) + p * p;
    return {T(i + 1, i + 1) + p, std::sqrt(std::max(-q, 0.0))};
}

/// A rotation in the plane (i, i + 1) as similarity of T, which is triangular but for that plane, and Z.
void rotate_plane(SchurForm& schur, Index i, const Eigen::JacobiRotation<Complex>& G) {
    schur.T.rightCols(schur.T.cols() - i).applyOnTheLeft(i, i + 1, G.adjoint());
    schur.T.topRows(i + 2).applyOnTheRight(i, i + 1, G);
    schur.Z.applyOnTheRight(i, i + 1, G);
    schur.T(i + 1, i) = 0.0;
}

/// The quasi-triangular real Schur form made triangular: one rotation for each complex pair.
SchurForm triangular(const Eigen::RealSchur<Matrix<double>>& real) {
    const Matrix<double>& R = real.matrixT();
    SchurForm schur{R.cast<Complex>(), real.matrixU().cast<Complex>(), Eigen::VectorXcd(R.rows())};
    for (Index i = 0; i < R.rows(); ++i) {
        if (i + 1 == R.rows() || R(i + 1, i) == 0.0) {
            schur.values(i) = R(i, i);
            continue;
        }
        const Complex upper = upper_eigenvalue(R, i);
        // The first column of the rotation is the eigenvector (T_01, λ − T_00) of the block: Gᴴ(p, q)ᵀ = (r, 0)ᵀ.
        Eigen::JacobiRotation<Complex> G;
        G.makeGivens(schur.T(i, i + 1), upper - schur.T(i, i));
        rotate_plane(schur, i, G);
        schur.values(i) = upper;
        schur.values(i + 1) = std::conj(upper);
        ++i;
    }
    return schur;
}

/// Exchanges the eigenvalues at i and i + 1.
void swap_neighbours(SchurForm& schur, Index i) {
    Eigen::JacobiRotation<Complex> G;
    G.makeGivens(schur.T(i, i + 1), schur.T(i + 1, i + 1) - schur.T(i, i));
    rotate_plane(schur, i, G);
    std::swap(schur.values(i), schur.values(i + 1));
}

}  // namespace

template <ScalarType S>
SchurForm schur_form(const Matrix<S>& H) {
    if (H.rows() == 0) return {};
    if constexpr (std::same_as<S, double>) {
        const Eigen::RealSchur<Matrix<double>> real(H);
        if (real.info() != Eigen::Success) fail(H.rows());
        return triangular(real);
    } else {
        const Eigen::ComplexSchur<Matrix<Complex>> complex(H);
        if (complex.info() != Eigen::Success) fail(H.rows());
        return {complex.matrixT().template triangularView<Eigen::Upper>(), complex.matrixU(),
                complex.matrixT().diagonal()};
    }
}

void reorder(SchurForm& schur, const std::vector<Index>& order) {
    std::vector<Index> held(static_cast<std::size_t>(schur.values.size()));  // what each position holds now
    for (std::size_t i = 0; i < held.size(); ++i) held[i] = static_cast<Index>(i);
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::size_t at = i;
        while (held[at] != order[i]) ++at;
        for (; at > i; --at) {
            swap_neighbours(schur, static_cast<Index>(at) - 1);
            std::swap(held[at], held[at - 1]);
        }
    }
}

template <ScalarType S>
Index lead_by_merit(SchurForm& schur, const std::function<double(Complex)>& merit, Index lead) {
    struct Unit {  // a value, or a conjugate pair
        double merit;
        Index first, size;
    };
    std::vector<Unit> units;
    for (Index i = 0; i < schur.values.size(); i += units.back().size)
        units.push_back(
            {merit(schur.values(i)), i, std::same_as<S, double> && schur.values(i).imag() > 0.0 ? Index{2} : Index{1}});
    std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) { return a.merit > b.merit; });
    std::vector<Index> order;
    for (const Unit& unit : units) {
        if (static_cast<Index>(order.size()) >= lead) break;
        for (Index i = 0; i < unit.size; ++i) order.push_back(unit.first + i);
    }
    reorder(schur, order);
    return static_cast<Index>(order.size());
}

template <ScalarType S>
Index closed_count(const Eigen::VectorXcd& values, Index p) {
    if constexpr (std::same_as<S, double>) {
        if (p > 0 && p < values.size() && values(p - 1).imag() > 0.0) return p + 1;
    }
    return std::min<Index>(p, values.size());
}

// (T_0..i − t_ii) v = 0 with v_i = 1, by back substitution.
Matrix<Complex> triangular_eigenvectors(const Matrix<Complex>& T, Index count, double cluster, double negligible) {
    const double smallest = std::numeric_limits<double>::epsilon() * std::max(T.norm(), 1e-300);
    Matrix<Complex> V = Matrix<Complex>::Zero(T.rows(), count);
    for (Index i = 0; i < count; ++i) {
        V(i, i) = 1.0;
        for (Index j = i - 1; j >= 0; --j) {
            const Complex right = T.row(j).segment(j + 1, i - j) * V.col(i).segment(j + 1, i - j);
            Complex difference = T(i, i) - T(j, j);
            if (std::abs(difference) <= cluster && std::abs(right) <= negligible * V.col(i).norm()) continue;
            if (std::abs(difference) < smallest) difference = smallest;
            V(j, i) = right / difference;
            const double size = V.col(i).cwiseAbs().maxCoeff();
            if (size > 1e100) V.col(i) /= size;
        }
        V.col(i).normalize();
    }
    return V;
}

template <ScalarType S>
Matrix<S> leading_basis(const SchurForm& schur, Index p) {
    if constexpr (std::same_as<S, double>) {
        const Matrix<Complex> Q = schur.Z.leftCols(p);
        return dense_eigh<double>((Q * Q.adjoint()).real()).vectors.rightCols(p);
    } else {
        return schur.Z.leftCols(p);
    }
}

template SchurForm schur_form<double>(const Matrix<double>&);
template SchurForm schur_form<Complex>(const Matrix<Complex>&);
template Index lead_by_merit<double>(SchurForm&, const std::function<double(Complex)>&, Index);
template Index lead_by_merit<Complex>(SchurForm&, const std::function<double(Complex)>&, Index);
template Index closed_count<double>(const Eigen::VectorXcd&, Index);
template Index closed_count<Complex>(const Eigen::VectorXcd&, Index);
template Matrix<double> leading_basis<double>(const SchurForm&, Index);
template Matrix<Complex> leading_basis<Complex>(const SchurForm&, Index);

}  // namespace lambdabar
