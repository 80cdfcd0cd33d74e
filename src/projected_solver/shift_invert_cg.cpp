#include "shift_invert_cg.hpp"

#include "block/two_level.hpp"
#include "krylov.hpp"

#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kSolve = "pullback: the result of the solve with A − σB";

/// X(:, j) ← X(:, order_j), in place.
template <ScalarType S>
void reorder_columns(BlockRef<S> X, const std::vector<Index>& order) {
#pragma omp parallel if (X.rows() > 4096)
    {
        Vector<S> row(X.cols());
#pragma omp for schedule(static)
        for (Index i = 0; i < X.rows(); ++i) {
            row = X.row(i);
            for (std::size_t j = 0; j < order.size(); ++j) X(i, static_cast<Index>(j)) = row(order[j]);
        }
    }
}

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
          Z_(zeros<S>(R.rows(), R.cols())),
          P_(zeros<S>(R.rows(), R.cols())),
          Q_(zeros<S>(R.rows(), R.cols())),
          columns_(static_cast<std::size_t>(R.cols())) {
        load_extra();
        std::iota(columns_.begin(), columns_.end(), Index{0});
    }

    ShiftInvertCgResult<S> solve(const Eigen::VectorXd& tol, Index max_iterations) {
        ShiftInvertCgResult<S> result;
        Eigen::VectorXd rho_old = Eigen::VectorXd::Constant(R_.cols(), std::numeric_limits<double>::infinity());
        while (true) {
            problem_.solve(active(R_), active(Z_));
            result.solves += active();
            // P z = z − X a; r has no part along X, and neither is there more than rounding of it in z
            TwoLevelSums<S> sums = two_level_sums<S>(complement_.X(), extra_, active(Z_),
                                                     metric_.image(active(Z_), BZ_), active(R_), problem_.sum, kSolve);
            const Eigen::VectorXd size =
                (sums.zbz - sums.XBZ.colwise().squaredNorm().transpose()).cwiseMax(0.0).cwiseSqrt();
            if (result.iterations == 0) {
                result.first_sizes = result.sizes = size;
                target_ = tol.cwiseProduct(size);
            }
            for (Index j = 0; j < size.size(); ++j) result.sizes(columns_[static_cast<std::size_t>(j)]) = size(j);
            drop_converged(size, rho_old, sums);
            if (active() == 0 || result.iterations >= max_iterations) break;

            // ẑ = P z + Ê c, c = D Êᴴr:  p = ẑ + β p,  q = (A − λB) ẑ + β q
            const Eigen::VectorXd tau = lambda_.array() - problem_.sigma;
            Matrix<S> c(sums.ER.rows(), active());
            for (Index j = 0; j < active(); ++j) c.col(j) = weights(j).template cast<S>().cwiseProduct(sums.ER.col(j));
            const Eigen::VectorXd rho =
                sums.zr + sums.ER.conjugate().cwiseProduct(c).colwise().sum().real().transpose();
            const Eigen::VectorXd curvature = new_directions(rho.cwiseQuotient(rho_old), tau, sums.XBZ, c);
            if ((curvature.array() <= 0.0).any()) {
                result.indefinite = true;
                break;
            }
            (void)descend<S>(active(W_), active(R_), active(P_), active(Q_), rho.cwiseQuotient(curvature), problem_.sum,
                             kSolve);
            rho_old = rho;
            ++result.iterations;
        }
        result.unconverged.assign(columns_.begin(), columns_.begin() + active());
        restore_order();
        return result;
    }

private:
    Index extra() const { return values_.size(); }

    /// Columns not yet converged; they come first in all blocks.
    Index active() const { return lambda_.size(); }
    BlockRef<S> active(Block<S>& block) const { return block.leftCols(active()); }

    /// Ê and B [E Ê], with those extra vectors whose λ_j lie beyond every λ_i, B-orthogonal to X.
    void load_extra() {
        std::vector<Index> used;
        if (problem_.extra_images.cols() == problem_.extra.cols()) used = clear_of(problem_.extra_values, lambda_);
        const Index n = problem_.X.rows(), e = static_cast<Index>(used.size());
        values_ = problem_.extra_values(used);
        Block<S> E(n, e);
        extra_.resize(n, e);
        for (Index j = 0; j < e; ++j) {
            E.col(j) = problem_.extra.col(used[static_cast<std::size_t>(j)]);
            extra_.col(j) = problem_.extra_images.col(used[static_cast<std::size_t>(j)]);
        }
        images_.resize(n, 2 * e);
        if (e == 0) return;
        complement_.project_direction(E, kSolve);
        complement_.project_direction(extra_, kSolve);
        Block<S> scratch;
        images_.leftCols(e) = metric_.image(E, scratch);
        images_.rightCols(e) = metric_.image(extra_, scratch);
    }

    /// (A − λB) P z = r − τ (B z − BX a) modulo BX, and (A − λB) Ê = B E − τ B Ê.
    Eigen::VectorXd new_directions(const Eigen::VectorXd& beta, const Eigen::VectorXd& tau, const Matrix<S>& a,
                                   const Matrix<S>& c) {
        const auto times_tau = tau.template cast<S>().asDiagonal();
        const Matrix<S> minus_a = -a, a_tau = a * times_tau;
        Matrix<S> images(2 * extra(), active());
        images << c, -(c * times_tau);
        return two_level_directions<S>(active(P_), active(Q_), beta, active(Z_),
                                       {{complement_.X(), minus_a}, {extra_, c}}, active(R_),
                                       metric_.identity() ? active(Z_) : active(BZ_), -tau,
                                       {{complement_.BX(), a_tau}, {images_, images}}, problem_.sum, kSolve);
    }

    /// The diagonal of D for column j.
    Eigen::VectorXd weights(Index j) const {
        const double tau = lambda_(j) - problem_.sigma;
        return tau * (values_.array() - problem_.sigma) / (values_.array() - lambda_(j));
    }

    void drop_converged(const Eigen::VectorXd& size, Eigen::VectorXd& rho, TwoLevelSums<S>& sums) {
        std::vector<Index> left, order;
        for (Index j = 0; j < size.size(); ++j) {
            if (size(j) > target_(j)) left.push_back(j);
        }
        if (static_cast<Index>(left.size()) == size.size()) return;
        order = left;
        for (Index j = 0; j < size.size(); ++j) {
            if (size(j) <= target_(j)) order.push_back(j);
        }
        const std::vector<Index> old(columns_);
        for (std::size_t j = 0; j < order.size(); ++j) columns_[j] = old[static_cast<std::size_t>(order[j])];
        for (Block<S>* block : {&W_, &R_, &Z_, &BZ_, &P_, &Q_}) {
            if (block->cols() > 0 && (block == &W_ || !left.empty())) reorder_columns<S>(active(*block), order);
        }
        for (Eigen::VectorXd* numbers : {&lambda_, &target_, &rho, &sums.zr}) keep_entries(*numbers, left);
        sums.XBZ = Matrix<S>(sums.XBZ(Eigen::all, left));
        sums.ER = Matrix<S>(sums.ER(Eigen::all, left));
    }

    /// W and R in the caller's order, R without what has converged.
    void restore_order() {
        R_.rightCols(R_.cols() - active()).setZero();
        std::vector<Index> place(columns_.size());
        for (std::size_t j = 0; j < columns_.size(); ++j)
            place[static_cast<std::size_t>(columns_[j])] = static_cast<Index>(j);
        reorder_columns<S>(W_, place);
        if (active() > 0) reorder_columns<S>(R_, place);
    }

    const ShiftInvertProblem<S>& problem_;
    const Complement<S>& complement_;
    Metric<S> metric_;
    Eigen::VectorXd lambda_, target_, values_;
    Block<S>& W_;
    Block<S>& R_;
    Block<S> Z_, BZ_, P_, Q_;     // BZ_ is Z_ for B = I, and empty
    Block<S> extra_, images_;     // Ê, B [E Ê]
    std::vector<Index> columns_;  // where the columns of all blocks belong
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
