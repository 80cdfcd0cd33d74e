#include <lambdabar/operator/affine.hpp>

#include <algorithm>
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

/// The union of patterns; values are irrelevant.
template <ScalarType S>
Eigen::SparseMatrix<S> pattern_of(const Eigen::SparseMatrix<S>& term) {
    Eigen::SparseMatrix<S> pattern = term;
    std::fill(pattern.valuePtr(), pattern.valuePtr() + pattern.nonZeros(), S{1});
    return pattern;
}

}  // namespace

template <ScalarType S>
AffineOperator<S>::AffineOperator(const Term& A0, const std::vector<Term>& terms, const Eigen::VectorXd& p) {
    std::vector<Term> full{complete<S>(A0, 0, A0.rows())};
    for (std::size_t l = 0; l < terms.size(); ++l) full.push_back(complete<S>(terms[l], l + 1, A0.rows()));
    Term pattern = pattern_of<S>(full.front());
    for (std::size_t l = 1; l < full.size(); ++l) pattern = Term(pattern + pattern_of<S>(full[l]));
    pattern.makeCompressed();
    assembled_ = std::make_unique<Term>(std::move(pattern));
    constant_ = place(std::move(full.front()));
    for (std::size_t l = 1; l < full.size(); ++l) terms_.push_back(place(std::move(full[l])));
    set_parameters(p);
}

template <ScalarType S>
typename AffineOperator<S>::Placed AffineOperator<S>::place(Term term) const {
    Placed placed{std::move(term), {}};
    placed.position.reserve(static_cast<std::size_t>(placed.matrix.nonZeros()));
    for (Index c = 0; c < placed.matrix.outerSize(); ++c) {
        Index at = assembled_->outerIndexPtr()[c];
        for (typename Term::InnerIterator it(placed.matrix, c); it; ++it) {
            while (assembled_->innerIndexPtr()[at] != it.row()) ++at;
            placed.position.push_back(at);
        }
    }
    return placed;
}

template <ScalarType S>
void AffineOperator<S>::set_parameters(const Eigen::VectorXd& p) {
    if (p.size() != parameters() || !p.allFinite()) {
        std::ostringstream message;
        message << "AffineOperator: p has " << p.size() << " entries" << (p.allFinite() ? "" : ", not all finite,")
                << " for " << parameters() << " terms";
        throw std::invalid_argument(message.str());
    }
    p_ = p;
    S* value = assembled_->valuePtr();
    std::fill(value, value + assembled_->nonZeros(), S{0});
    const auto add = [&](const Placed& term, double weight) {
        for (std::size_t e = 0; e < term.position.size(); ++e)
            value[term.position[e]] += weight * term.matrix.valuePtr()[e];
    };
    add(constant_, 1.0);
    for (Index l = 0; l < parameters(); ++l) add(terms_[static_cast<std::size_t>(l)], p(l));
    if (view_) {
        view_->refresh();
    } else {
        view_ = std::make_unique<SparseHermitian<S>>(*assembled_);
    }
}

template <ScalarType S>
void AffineOperator<S>::vjp(In<S> V, In<S> W, GradientRef g) const {
#pragma omp parallel for schedule(dynamic)
    for (Index l = 0; l < parameters(); ++l) {
        const Term& A = terms_[static_cast<std::size_t>(l)].matrix;
        double sum = 0.0;
        for (Index c = 0; c < A.outerSize(); ++c) {
            for (typename Term::InnerIterator it(A, c); it; ++it) {
                sum += std::real(it.value() * V.row(it.row()).dot(W.row(c)));  // v_rᴴ a_rc w_c over all columns
            }
        }
        g(l) += sum;
    }
}

template class AffineOperator<double>;
template class AffineOperator<std::complex<double>>;

}  // namespace lambdabar
