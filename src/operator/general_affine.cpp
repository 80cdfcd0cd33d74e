#include <lambdabar/operator/general_affine.hpp>

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

/// All terms, A₀ first.
template <ScalarType S>
std::vector<Eigen::SparseMatrix<S>> all_checked(const Eigen::SparseMatrix<S>& A0,
                                                const std::vector<Eigen::SparseMatrix<S>>& terms) {
    std::vector<Eigen::SparseMatrix<S>> all{checked<S>(A0, 0, A0.rows())};
    for (std::size_t l = 0; l < terms.size(); ++l) all.push_back(checked<S>(terms[l], l + 1, A0.rows()));
    return all;
}

}  // namespace

template <ScalarType S>
GeneralAffineOperator<S>::GeneralAffineOperator(const Term& A0, const std::vector<Term>& terms,
                                                const Eigen::VectorXd& p)
    : terms_(all_checked<S>(A0, terms), "GeneralAffineOperator") {
    set_parameters(p);
}

template <ScalarType S>
void GeneralAffineOperator<S>::set_parameters(const Eigen::VectorXd& p) {
    terms_.assemble(p);
    if (view_) {
        view_->refresh();
    } else {
        view_ = std::make_unique<SparseGeneral<S>>(terms_.matrix());
    }
}

template class GeneralAffineOperator<double>;
template class GeneralAffineOperator<std::complex<double>>;

}  // namespace lambdabar
