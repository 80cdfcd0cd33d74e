#include "sentence.hpp"

#include <lambdabar/operator/affine_terms.hpp>

#include <algorithm>

namespace lambdabar::detail {

namespace {

/// The pattern; values are irrelevant.
template <ScalarType S>
Eigen::SparseMatrix<S> pattern_of(Eigen::SparseMatrix<S> term) {
    std::fill(term.valuePtr(), term.valuePtr() + term.nonZeros(), S{1});
    return term;
}

}  // namespace

template <ScalarType S>
AffineTerms<S>::AffineTerms(std::vector<Term> terms, const char* who) : who_(who) {
    Term pattern = pattern_of<S>(terms.front());
    for (std::size_t l = 1; l < terms.size(); ++l) pattern = Term(pattern + pattern_of<S>(terms[l]));
    pattern.makeCompressed();
    assembled_ = std::make_unique<Term>(std::move(pattern));
    for (Term& term : terms) terms_.push_back(place(std::move(term)));
}

template <ScalarType S>
typename AffineTerms<S>::Placed AffineTerms<S>::place(Term term) const {
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
void AffineTerms<S>::assemble(const Eigen::VectorXd& p) {
    if (p.size() != parameters() || !p.allFinite()) {
        refuse_input<6>(who_, ": p has ", p.size(), " entries", p.allFinite() ? "" : ", not all finite,", " for ",
                        parameters(), " terms");
    }
    p_ = p;
    S* value = assembled_->valuePtr();
    std::fill(value, value + assembled_->nonZeros(), S{0});
    for (std::size_t l = 0; l < terms_.size(); ++l) {
        const double weight = l == 0 ? 1.0 : p(static_cast<Index>(l) - 1);
        const Placed& term = terms_[l];
        for (std::size_t e = 0; e < term.position.size(); ++e)
            value[term.position[e]] += weight * term.matrix.valuePtr()[e];
    }
}

template <ScalarType S>
void AffineTerms<S>::vjp(In<S> V, In<S> W, GradientRef g) const {
#pragma omp parallel for schedule(dynamic)
    for (Index l = 0; l < parameters(); ++l) {
        const Term& A = terms_[static_cast<std::size_t>(l) + 1].matrix;
        double sum = 0.0;
        for (Index c = 0; c < A.outerSize(); ++c) {
            for (typename Term::InnerIterator it(A, c); it; ++it) {
                sum += std::real(it.value() * V.row(it.row()).dot(W.row(c)));  // v_rᴴ a_rc w_c over all columns
            }
        }
        g(l) += sum;
    }
}

template class AffineTerms<double>;
template class AffineTerms<std::complex<double>>;

}  // namespace lambdabar::detail
