#include <lambdabar/operator/general_affine.hpp>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

template <ScalarType S>
Eigen::SparseMatrix<S> checked(Eigen::SparseMatrix<S> term, std::size_t number, Index n) {
    term.makeCompressed();
    if (term.rows() != n || term.cols() != n) {
        std::ostringstream message;
        message << "GeneralAffineOperator: term " << number << " is " << term.rows() << "×" << term.cols()
                << ", term 0 has " << n << " rows";
        throw std::invalid_argument(message.str());
    }
    (void)SparseGeneral<S>(term);  // finite, sorted
    return term;
}

/// The pattern; values are irrelevant.
template <ScalarType S>
Eigen::SparseMatrix<S> pattern_of(Eigen::SparseMatrix<S> term) {
    std::fill(term.valuePtr(), term.valuePtr() + term.nonZeros(), S{1});
    return term;
}

}  // namespace

template <ScalarType S>
GeneralAffineOperator<S>::GeneralAffineOperator(const Term& A0, const std::vector<Term>& terms,
                                                const Eigen::VectorXd& p) {
    std::vector<Term> all{checked<S>(A0, 0, A0.rows())};
    for (std::size_t l = 0; l < terms.size(); ++l) all.push_back(checked<S>(terms[l], l + 1, A0.rows()));
    Term pattern = pattern_of<S>(all.front());
    for (std::size_t l = 1; l < all.size(); ++l) pattern = Term(pattern + pattern_of<S>(all[l]));
    pattern.makeCompressed();
    assembled_ = std::make_unique<Term>(std::move(pattern));
    constant_ = place(std::move(all.front()));
    for (std::size_t l = 1; l < all.size(); ++l) terms_.push_back(place(std::move(all[l])));
    set_parameters(p);
}

template <ScalarType S>
typename GeneralAffineOperator<S>::Placed GeneralAffineOperator<S>::place(Term term) const {
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
void GeneralAffineOperator<S>::set_parameters(const Eigen::VectorXd& p) {
    if (p.size() != parameters() || !p.allFinite()) {
        std::ostringstream message;
        message << "GeneralAffineOperator: p has " << p.size() << " entries"
                << (p.allFinite() ? "" : ", not all finite,") << " for " << parameters() << " terms";
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
        view_ = std::make_unique<SparseGeneral<S>>(*assembled_);
    }
}

template <ScalarType S>
void GeneralAffineOperator<S>::vjp(In<S> V, In<S> W, GradientRef g) const {
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

template class GeneralAffineOperator<double>;
template class GeneralAffineOperator<std::complex<double>>;

}  // namespace lambdabar
