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
          w_(zeros<S>(R.rows(), R.cols())) {
        load_extra();
        columns_.resize(static_cast<std::size_t>(R.cols()));
        std::iota(columns_.begin(), columns_.end(), Index{0});
    }

    ShiftInvertCgResult<S> solve(const Eigen::VectorXd& tol, Index max_iterations) {
        ShiftInvertCgResult<S> result;
        const Index all = R_.cols();
        Eigen::VectorXd rho_old;
        while (true) {
            Z_.resize(R_.rows(), R_.cols());
            problem_.solve(R_, Z_);
            result.solves += R_.cols();
            if (metric_.identity()) {
                BZ_ = Z_;
            } else {
                (void)metric_.image(Z_, BZ_);
            }
            // P z = z − X a; r has no part along X, and neither is there more than rounding of it in z
            Matrix<S> a = gram<S>(complement_.X(), BZ_, problem_.sum, kSolve);
            const Eigen::VectorXd square = dots<S>(Z_, BZ_, problem_.sum, kSolve).real();
            const Eigen::VectorXd size =
                (square.array() - a.colwise().squaredNorm().transpose().array()).cwiseMax(0.0).sqrt();
            if (result.iterations == 0) {
                result.first_sizes = result.sizes = size;
                target_ = tol.cwiseProduct(size);
            }
            for (std::size_t j = 0; j < columns_.size(); ++j) result.sizes(columns_[j]) = size(static_cast<Index>(j));
            drop_converged(size, rho_old, a);
            if (columns_.empty() || result.iterations >= max_iterations) break;

            const Index b = R_.cols();
            const Matrix<S> ER = gram<S>(F_.rightCols(extra()), R_, problem_.sum, kSolve);
            Matrix<S> coarse(ER.rows(), b);
            for (Index j = 0; j < b; ++j) coarse.col(j) = weights(j).template cast<S>().asDiagonal() * ER.col(j);
            Eigen::VectorXd rho = dots<S>(Z_, R_, problem_.sum, kSolve).real();
            for (Index j = 0; j < b; ++j) rho(j) += std::real(ER.col(j).dot(coarse.col(j)));
            const Eigen::VectorXd tau = lambda_.array() - problem_.sigma;
            add_coarse(a, coarse, tau);
            // p = z + β p,  q = r − τ B z + β q
            if (P_.cols() == 0) {
                P_ = Z_;
                Q_ = R_;
            } else {
                const Eigen::VectorXd beta = rho.cwiseQuotient(rho_old);
                scale_and_add<S>(P_, Z_, beta);
                scale_and_add<S>(Q_, R_, beta);
            }
            const Eigen::VectorXd curvature = add_scaled_and_dots<S>(Q_, BZ_, -tau, P_, problem_.sum, kSolve);
            if ((curvature.array() <= 0.0).any()) {
                result.indefinite = true;
                break;
            }
            (void)descend<S>(w_, R_, P_, Q_, rho.cwiseQuotient(curvature), problem_.sum, kSolve);
            rho_old = rho;
            ++result.iterations;
        }
        std::vector<Index> place(columns_.size());
        std::iota(place.begin(), place.end(), Index{0});
        put_columns(W_, columns_, w_, place);
        result.unconverged = columns_;
        Block<S> left = zeros<S>(R_.rows(), all);
        put_columns(left, columns_, R_, place);
        R_.swap(left);
        return result;
    }

private:
    Index extra() const { return values_.size(); }

    /// F = [X Ê] and G = B [X E Ê], with those extra vectors whose λ_j lie beyond every λ_i, B-orthogonal to X.
    void load_extra() {
        std::vector<Index> used;
        if (problem_.extra_images.cols() == problem_.extra.cols()) used = clear_of(problem_.extra_values, lambda_);
        const Index n = problem_.X.rows(), k = problem_.X.cols(), e = static_cast<Index>(used.size());
        values_ = problem_.extra_values(used);
        Block<S> E(n, 2 * e);
        for (Index j = 0; j < e; ++j) {
            E.col(j) = problem_.extra.col(used[static_cast<std::size_t>(j)]);
            E.col(e + j) = problem_.extra_images.col(used[static_cast<std::size_t>(j)]);
        }
        if (e > 0) complement_.project_direction(E, kSolve);
        F_.resize(n, k + e);
        F_ << problem_.X, E.rightCols(e);
        G_.resize(n, k + 2 * e);
        Block<S> scratch;
        G_ << complement_.BX(), metric_.image(E, scratch);
    }

    /// z ← P z + Ê c,  B z ← B P z − (A − λB)Ê c/τ, where (A − λB)Ê = B E − τ B Ê.
    void add_coarse(const Matrix<S>& a, const Matrix<S>& coarse, const Eigen::VectorXd& tau) {
        const Index k = a.rows(), e = extra();
        Matrix<S> into(k + 2 * e, a.cols());
        into.topRows(k) = -a;
        into.bottomRows(e) = coarse;
        into.middleRows(k, e) = -coarse * tau.cwiseInverse().template cast<S>().asDiagonal();
        add_product<S>(BZ_, G_, into);
        into.middleRows(k, e) = coarse;
        add_product<S>(Z_, F_, into.topRows(k + e));
    }

    /// The diagonal of D for column j.
    Eigen::VectorXd weights(Index j) const {
        const double tau = lambda_(j) - problem_.sigma;
        return tau * (values_.array() - problem_.sigma) / (values_.array() - lambda_(j));
    }

    void drop_converged(const Eigen::VectorXd& size, Eigen::VectorXd& rho, Matrix<S>& a) {
        std::vector<Index> active, done, left, done_columns;
        for (Index j = 0; j < size.size(); ++j) {
            (size(j) > target_(j) ? active : done).push_back(j);
            (size(j) > target_(j) ? left : done_columns).push_back(columns_[static_cast<std::size_t>(j)]);
        }
        if (done.empty()) return;
        put_columns(W_, done_columns, w_, done);
        columns_ = std::move(left);
        if (columns_.empty()) return;
        for (Block<S>* block : {&w_, &R_, &Z_, &BZ_, &P_, &Q_}) {
            if (block->cols() > 0) keep_columns(*block, active);
        }
        for (Eigen::VectorXd* numbers : {&lambda_, &target_, &rho}) {
            if (numbers->size() > 0) keep_entries(*numbers, active);
        }
        a = Matrix<S>(a(Eigen::all, active));
    }

    const ShiftInvertProblem<S>& problem_;
    const Complement<S>& complement_;
    Metric<S> metric_;
    Eigen::VectorXd lambda_, target_, values_;
    Block<S>& W_;
    Block<S>& R_;
    Block<S> w_, Z_, BZ_, P_, Q_;
    Block<S> F_, G_;
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
