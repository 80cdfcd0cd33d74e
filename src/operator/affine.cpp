#include <lambdabar/operator/affine.hpp>

#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

/// (A + Aᴴ)/2
template <ScalarType S>
Eigen::SparseMatrix<S> average(const Eigen::SparseMatrix<S>& A) {
    const Eigen::SparseMatrix<S> adjoint = A.adjoint();
    return S{0.5} * A + S{0.5} * adjoint;
}

/// Both triangles of a term, checked and made Hermitian to the last bit: in A(p) terms may cancel, and what they miss
/// by rounding must not stand out then.
template <ScalarType S>
Eigen::SparseMatrix<S> complete(Eigen::SparseMatrix<S> term, std::size_t number, Index n) {
    term.makeCompressed();
    if (term.rows() != n || term.cols() != n) {
        std::ostringstream message;
        message << "AffineOperator: term " << number << " is " << term.rows() << "×" << term.cols() << ", term 0 is "
                << n << "×" << n;
        throw std::invalid_argument(message.str());
    }
    const SparseHermitian<S> view(term);
    if (view.triangle() == Triangle::both) return average(term);
    std::vector<Eigen::Triplet<S>> entries;
    for (Index c = 0; c < n; ++c) {
        for (typename Eigen::SparseMatrix<S>::InnerIterator it(term, c); it; ++it) {
            const auto row = static_cast<int>(it.row()), column = static_cast<int>(it.col());
            entries.emplace_back(row, column, it.value());
            if (row != column) entries.emplace_back(column, row, Eigen::numext::conj(it.value()));
        }
    }
    term.setFromTriplets(entries.begin(), entries.end());
    return average(term);
}

/// All terms, A₀ first.
template <ScalarType S>
std::vector<Eigen::SparseMatrix<S>> all_complete(const Eigen::SparseMatrix<S>& A0,
                                                 const std::vector<Eigen::SparseMatrix<S>>& terms) {
    std::vector<Eigen::SparseMatrix<S>> all{complete<S>(A0, 0, A0.rows())};
    for (std::size_t l = 0; l < terms.size(); ++l) all.push_back(complete<S>(terms[l], l + 1, A0.rows()));
    return all;
}

}  // namespace

template <ScalarType S>
AffineOperator<S>::AffineOperator(const Term& A0, const std::vector<Term>& terms, const Eigen::VectorXd& p)
    : terms_(all_complete<S>(A0, terms), "AffineOperator") {
    set_parameters(p);
}

template <ScalarType S>
void AffineOperator<S>::set_parameters(const Eigen::VectorXd& p) {
    terms_.assemble(p);
    if (view_) {
        view_->refresh();
    } else {
        view_ = std::make_unique<SparseHermitian<S>>(terms_.matrix());
    }
}

template class AffineOperator<double>;
template class AffineOperator<std::complex<double>>;

}  // namespace lambdabar
