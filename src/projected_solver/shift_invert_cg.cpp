#include "shift_invert_cg.hpp"

#include "krylov.hpp"

#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kSolve = "pullback: the result of the solve with A − σB";

template <ScalarType S>
class TwoLevelCg {
public:
    TwoLevelCg(const ShiftInvertProblem<S>& problem, const Complement<S>& complement, const Eigen::VectorXd& lambda,
               Block<S>& W, Block<S>& R)
        : problem_(problem),
          complement_(complement),
          metric_(problem.pencil.B),
          lambda_(lambda),
          W_(W),
          R_(R),
          w_(R.rows(), R.cols()) {
        w_.setZero();
        load_extra();
        columns_.resize(static_cast<std::size_t>(R.cols()));
        std::iota(columns_.begin(), columns_.end(), Index{0});
    }

    ShiftInvertCgResult<S> solve(const Eigen::VectorXd& tol, Index max_iterations) {
        ShiftInvertCgResult<S> result;
        Eigen::VectorXd rho_old;
        R_all_.resize(R_.rows(), R_.cols());
        while (true) {
            // z = P K̂ r
            Z_.resize(R_.rows(), R_.cols());
            problem_.solve(R_, Z_);
            result.solves += R_.cols();
            complement_.project_direction(Z_, kSolve);
            BZ_ = metric_.image(Z_, scratch_);
            const Eigen::VectorXd size = dots<S>(Z_, BZ_, problem_.sum, kSolve).real().cwiseMax(0.0).cwiseSqrt();
            if (result.iterations == 0) {
                result.first_sizes = result.sizes = size;
                target_ = tol.cwiseProduct(size);
            }
            for (std::size_t j = 0; j < columns_.size(); ++j) result.sizes(columns_[j]) = size(static_cast<Index>(j));
            drop_converged(size, rho_old);
            if (columns_.empty() || result.iterations >= max_iterations) break;

            // p = z + Ê D Êᴴr + β p,  q = r − τ B z + B(E − τÊ) D Êᴴr + β q
            const Index b = R_.cols();
            const Matrix<S> ER = gram<S>(images(), R_, problem_.sum, kSolve);
            Matrix<S> coarse(ER.rows(), b);
            for (Index j = 0; j < b; ++j) {
                coarse.col(j) = weights(j).template cast<S>().asDiagonal() * ER.col(j);
            }
            Eigen::VectorXd rho = dots<S>(Z_, R_, problem_.sum, kSolve).real();
            for (Index j = 0; j < b; ++j) rho(j) += std::real(ER.col(j).dot(coarse.col(j)));
            const Eigen::VectorXd tau = lambda_.array() - problem_.sigma;
            const bool first = P_.cols() == 0;
            const Eigen::VectorXd beta = first ? Eigen::VectorXd::Zero(b) : Eigen::VectorXd(rho.cwiseQuotient(rho_old));
            add_product<S>(Z_, images(), coarse);
            Matrix<S> both(2 * coarse.rows(), b);
            both.topRows(coarse.rows()) = coarse;
            both.bottomRows(coarse.rows()) = -coarse * tau.template cast<S>().asDiagonal();
            T_.resize(R_.rows(), b);
            set_product<S>(T_, E_, both);
            add_scaled<S>(BZ_, metric_.image(T_, scratch_), -tau.cwiseInverse());  // B z − B T/τ
            if (first) {
                P_ = Z_;
                Q_ = R_;
            } else {
                scale_and_add<S>(P_, Z_, beta);
                scale_and_add<S>(Q_, R_, beta);
            }
            add_scaled<S>(Q_, BZ_, -tau);
            complement_.project_residual(Q_, kSolve);

            const Eigen::VectorXd curvature = dots<S>(P_, Q_, problem_.sum, kSolve).real();
            if ((curvature.array() <= 0.0).any()) {
                result.indefinite = true;
                break;
            }
            (void)descend<S>(w_, R_, P_, Q_, rho.cwiseQuotient(curvature), problem_.sum, kSolve);
            rho_old = rho;
            ++result.iterations;
        }
        write_back();
        result.unconverged = columns_;
        R_.swap(R_all_);
        return result;
    }

private:
    ConstBlockRef<S> images() const { return E_.rightCols(values_.size()); }

    /// [E Ê], B-orthogonal to X, where λ_j lies beyond every λ_i.
    void load_extra() {
        std::vector<Index> used;
        if (problem_.extra_images.cols() == problem_.extra.cols()) used = clear_of(problem_.extra_values, lambda_);
        const Index e = static_cast<Index>(used.size());
        E_.resize(problem_.X.rows(), 2 * e);
        values_.resize(e);
        for (Index j = 0; j < e; ++j) {
            const Index from = used[static_cast<std::size_t>(j)];
            E_.col(j) = problem_.extra.col(from);
            E_.col(e + j) = problem_.extra_images.col(from);
            values_(j) = problem_.extra_values(from);
        }
        if (e > 0) complement_.project_direction(E_, kSolve);
    }

    /// The diagonal of D for column j.
    Eigen::VectorXd weights(Index j) const {
        const double tau = lambda_(j) - problem_.sigma;
        return tau * (values_.array() - problem_.sigma) / (values_.array() - lambda_(j));
    }

    void drop_converged(const Eigen::VectorXd& size, Eigen::VectorXd& rho) {
        std::vector<Index> active;
        for (Index j = 0; j < size.size(); ++j) {
            if (size(j) > target_(j)) active.push_back(j);
        }
        if (static_cast<Index>(active.size()) == size.size()) return;
        write_back();
        for (Block<S>* block : {&w_, &R_, &Z_, &BZ_, &P_, &Q_}) {
            if (block->cols() > 0) keep_columns(*block, active);
        }
        for (Eigen::VectorXd* numbers : {&lambda_, &target_, &rho}) {
            if (numbers->size() > 0) keep_entries(*numbers, active);
        }
        std::vector<Index> left;
        for (const Index j : active) left.push_back(columns_[static_cast<std::size_t>(j)]);
        columns_ = std::move(left);
    }

    void write_back() {
        for (std::size_t j = 0; j < columns_.size(); ++j) {
            W_.col(columns_[j]) = w_.col(static_cast<Index>(j));
            R_all_.col(columns_[j]) = R_.col(static_cast<Index>(j));
        }
    }

    const ShiftInvertProblem<S>& problem_;
    const Complement<S>& complement_;
    Metric<S> metric_;
    Eigen::VectorXd lambda_, target_, values_;
    Block<S>& W_;
    Block<S>& R_;
    Block<S> w_, R_all_, Z_, BZ_, P_, Q_, T_;
    Block<S> E_;  // [E Ê]
    mutable Block<S> scratch_;
    std::vector<Index> columns_;  // of W, not yet converged
};

}  // namespace

template <ScalarType S>
ShiftInvertCgResult<S> shift_invert_cg(const ShiftInvertProblem<S>& problem, const Complement<S>& complement,
                                       const Eigen::VectorXd& lambda, const Eigen::VectorXd& tol, Index max_iterations,
                                       Block<S>& W, Block<S>& R) {
    return TwoLevelCg<S>(problem, complement, lambda, W, R).solve(tol, max_iterations);
}

#define LAMBDABAR_INSTANTIATE(S)                                                                              \
    template ShiftInvertCgResult<S> shift_invert_cg<S>(const ShiftInvertProblem<S>&, const Complement<S>&,    \
                                                       const Eigen::VectorXd&, const Eigen::VectorXd&, Index, \
                                                       Block<S>&, Block<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
