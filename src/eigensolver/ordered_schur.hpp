#pragma once
// The small dense problems of Krylov–Schur: a Schur form in any order of its eigenvalues.
#include <lambdabar/types.hpp>

#include <functional>
#include <vector>

namespace lambdabar {

/// H = Z T Zᴴ, T upper triangular, Z unitary. `values` is the diagonal of T; for a real H conjugate pairs in it are
/// conjugates to the last bit, and stand beside each other until they are reordered apart.
struct SchurForm {
    Matrix<std::complex<double>> T, Z;
    Eigen::VectorXcd values;
};

/// Throws std::runtime_error if the QR iteration fails.
template <ScalarType S>
SchurForm schur_form(const Matrix<S>& H);

/// Brings eigenvalues to the front by plane rotations: position i of the result holds what was at order[i]; positions
/// that `order` does not name follow as they stood. Backward stable (Golub & Van Loan, Matrix Computations, 7.6.2).
void reorder(SchurForm& schur, const std::vector<Index>& order);

/// Brings at least min(lead, m) eigenvalues to the front, by descending merit; equals, such as conjugates, stay beside
/// each other. Returns their number; the rest follows in the order it had.
template <ScalarType S>
Index lead_by_merit(SchurForm& schur, const std::function<double(std::complex<double>)>& merit, Index lead);

/// p, or p + 1 where p would part a conjugate pair of a real matrix, whose pairs stand as (+, −); at most all.
template <ScalarType S>
Index closed_count(const Eigen::VectorXcd& values, Index p);

/// Eigenvectors (unit columns) of the leading `count` eigenvalues of the triangular T. Eigenvalues closer than
/// `cluster` whose coupling is at most `negligible` are taken as one semisimple eigenvalue: its vectors are then those
/// of an orthonormal basis instead of a quotient of two roundings.
Matrix<std::complex<double>> triangular_eigenvectors(const Matrix<std::complex<double>>& T, Index count, double cluster,
                                                     double negligible);

/// An orthonormal basis, in S, of the span of the leading p Schur vectors; for a real S that span must be closed under
/// conjugation: the orthogonal projector onto it is then real.
template <ScalarType S>
Matrix<S> leading_basis(const SchurForm& schur, Index p);

}  // namespace lambdabar
