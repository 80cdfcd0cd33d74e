#include "shift_invert_solve.hpp"

#include "block/dense.hpp"
#include "complement.hpp"
#include "krylov.hpp"
#include "shift_invert_cg.hpp"

#include <limits>

namespace lambdabar {

namespace {

constexpr const char* kSolve = "pullback: the result of the solve with A − σB";
constexpr const char* kRightHandSide = "pullback: the right-hand side";
constexpr Index kMostIterations = 1000;

template <ScalarType S>
class SharedKrylov {
public:
    SharedKrylov(const ShiftInvertProblem<S>& problem, const Complement<S>& complement, const Eigen::VectorXd& lambda)
        : problem_(problem), complement_(complement), metric_(problem.pencil.B), tau_(lambda.array() - problem.sigma) {}

    /// For right-hand sides in the range of Pᴴ.
    ProjectedSolution<S> solve(Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations) {
        const Index n = rhs.rows(), b = rhs.cols();
        ProjectedSolution<S> solution;
        solution.W = zeros<S>(n, b);
        solution.column_converged.assign(static_cast<std::size_t>(b), false);
        Block<S> C = zeros<S>(n, b), KC = zeros<S>(n, b);
        apply_inverse_to_range(rhs, C, KC);
        rhs.resize(0, 0);
        solution.rhs_norms = metric_.norms(C, scratch_, problem_.sum, kSolve);
        solution.residuals = Eigen::VectorXd::Zero(b);
        Eigen::VectorXd target = tol.size() == b ? tol : Eigen::VectorXd::Constant(b, tol(0));
        target = target.cwiseMax(kLeastTolerance).cwiseProduct(solution.rhs_norms).cwiseQuotient(tau_.cwiseAbs());

        active_.clear();
        for (Index j = 0; j < b; ++j) active_.push_back(j);
        const Index most_columns = problem_.extra.cols() + 6 * b;
        start_space(most_columns);
        Block<S> residual;
        while (true) {
            // s_i = K c_i − (V − τ_i KV) y_i of the active columns; those that pass are written to W, which holds u
            residual = galerkin(KC, solution.W, target, solution);
            if (active_.empty() || solution.iterations >= max_iterations) break;
            if (m_ + residual.cols() > most_columns) {  // W holds the solution so far, KC becomes what is left
                KC = fold(residual, b, solution.W);
                start_space(most_columns);
                continue;
            }
            if (!expand(residual, target)) break;
            ++solution.iterations;
        }
        if (!active_.empty()) {
            add_active(solution.W);
            for (std::size_t j = 0; j < active_.size(); ++j)
                solution.W.col(active_[j]) += residual.col(static_cast<Index>(j));
        }
        scale_and_add<S>(solution.W, C, tau_);  // w = c + τ u
        solution.residuals = solution.residuals.cwiseProduct(tau_.cwiseAbs());
        complement_.project_direction(solution.W, kSolve);
        solution.converged = active_.empty();
        solution.solves = solves_;
        return solution;
    }

private:
    /// Y = P (A − σB)⁻¹ R
    void apply_inverse(In<S> R, Out<S> Y) {
        problem_.solve(R, Y);
        solves_ += R.cols();
        complement_.project_direction(Y, kSolve);
    }

    /// C = P (A − σB)⁻¹ R and KC, with two solves per dimension of the range of R: columns that depend on others cost
    /// nothing. A Gram matrix resolves half the digits, so what a pass leaves of R goes through another.
    void apply_inverse_to_range(Block<S>& R, Block<S>& C, Block<S>& KC) {
        constexpr double half_the_digits = 1e-6, rounding = 1e-13;
        const Eigen::VectorXd unit =
            norms<S>(R, problem_.sum, kSolve).cwiseMax(std::numeric_limits<double>::min()).cwiseInverse();
        for (int pass = 0; pass < 3; ++pass) {
            Block<S> U = R;
            scale_columns<S>(U, unit);
            const Matrix<S> T = leading_directions<S>(gram<S>(U, U, problem_.sum), half_the_digits, rounding);
            if (T.cols() == 0) return;
            Block<S> Q(R.rows(), T.cols());
            set_product<S>(Q, U, T);
            U.resize(R.rows(), T.cols());
            apply_inverse(Q, U);
            const Matrix<S> QR = gram<S>(Q, R, problem_.sum);
            add_product<S>(R, Q, -QR);
            add_product<S>(C, U, QR);
            const Block<S> BU = metric_.image(U, scratch_);
            apply_inverse(BU, U);
            add_product<S>(KC, U, QR);
        }
    }

    /// V = E with its images, made B-orthonormal and B-orthogonal to X.
    void start_space(Index most_columns) {
        const Index e = problem_.extra_images.cols() == problem_.extra.cols() ? problem_.extra.cols() : 0;
        if (V_.cols() == 0) {
            V_.resize(problem_.X.rows(), most_columns);
            KV_.resize(problem_.X.rows(), most_columns);
        }
        m_ = e;
        H_.setZero(most_columns, most_columns);
        if (e == 0) return;
        BlockRef<S> E = V_.leftCols(e), KE = KV_.leftCols(e);
        E = problem_.extra;
        KE = problem_.extra_images;
        complement_.project_direction(E, kSolve);
        complement_.project_direction(KE, kSolve);
        // E is B-orthonormal to rounding but for what its part along X was.
        const Matrix<S> step = orthonormalizing_step<S>(metric_.inner(E, E, scratch_, problem_.sum));
        rotate<S>(E, step);
        rotate<S>(KE, step);
        H_.topLeftCorner(e, e) = hermitian(metric_.inner(E, KE, scratch_, problem_.sum));
    }

    static Matrix<S> hermitian(const Matrix<S>& G) { return (G + G.adjoint()) / 2.0; }

    /// V ← [V, what is new in the residuals], with images; false if there is nothing. Measured in their targets, only
    /// directions that matter now are worth a solve.
    bool expand(const Block<S>& residual, const Eigen::VectorXd& target) {
        constexpr double matters = 0.1;
        Block<S> scaled = residual;
        scale_columns<S>(scaled, Eigen::VectorXd(target(active_)).cwiseInverse());
        const Matrix<S> T =
            leading_directions<S>(metric_.inner(scaled, scaled, scratch_, problem_.sum), matters, matters);
        if (T.cols() == 0) return false;
        BlockRef<S> W = V_.middleCols(m_, T.cols());
        set_product<S>(W, scaled, T);
        const Index valid = orthonormalize<S>(W, V_.leftCols(m_), metric_, 7, problem_.sum, kSolve);
        if (valid == 0) return false;
        BlockRef<S> U = V_.middleCols(m_, valid), KU = KV_.middleCols(m_, valid);
        complement_.project_direction(U, kSolve);
        Block<S> BU = metric_.image(U, scratch_);
        apply_inverse(BU, KU);
        const Matrix<S> G = metric_.inner(V_.leftCols(m_ + valid), KU, BU, problem_.sum, kSolve);
        H_.block(0, m_, m_ + valid, valid) = G;
        H_.block(m_, 0, valid, m_) = G.topRows(m_).adjoint();
        m_ += valid;
        return true;
    }

    /// Solves the small systems, tests the residuals, and returns those that are still too large.
    Block<S> galerkin(const Block<S>& C, Block<S>& W, const Eigen::VectorXd& target, ProjectedSolution<S>& solution) {
        const Index a = static_cast<Index>(active_.size());
        Block<S> s(C.rows(), a);
        for (Index j = 0; j < a; ++j) s.col(j) = C.col(active_[static_cast<std::size_t>(j)]);
        y_.setZero(m_, a);
        if (m_ > 0) {
            const Matrix<S> g = metric_.inner(V_.leftCols(m_), s, scratch_, problem_.sum);
            const Eigen::VectorXd tau = tau_(active_);
            y_ = hermitian_resolvent<S>(hermitian(H_.topLeftCorner(m_, m_)), tau, g);
            add_product<S>(s, V_.leftCols(m_), -y_);
            add_product<S>(s, KV_.leftCols(m_), y_ * tau.template cast<S>().asDiagonal());
        }
        const Eigen::VectorXd size = metric_.norms(s, scratch_, problem_.sum, kSolve);
        std::vector<Index> left, left_columns;
        for (Index j = 0; j < a; ++j) {
            const Index i = active_[static_cast<std::size_t>(j)];
            solution.residuals(i) = size(j);
            if (size(j) <= target(i)) {
                solution.column_converged[static_cast<std::size_t>(i)] = true;
                W.col(i) += s.col(j);
            } else {
                left.push_back(j);
                left_columns.push_back(i);
            }
        }
        if (static_cast<Index>(left.size()) < a) {
            add_active(W, solution.column_converged);
            keep_columns(s, left);
            Matrix<S> kept(m_, static_cast<Index>(left.size()));
            for (std::size_t j = 0; j < left.size(); ++j) kept.col(static_cast<Index>(j)) = y_.col(left[j]);
            y_ = std::move(kept);
            active_ = std::move(left_columns);
        }
        return s;
    }

    /// W(:, i) += V y_i for the active columns, or those of them that have converged.
    void add_active(Block<S>& W, const std::vector<bool>& chosen = {}) {
        if (m_ == 0) return;
        Matrix<S> coordinates = Matrix<S>::Zero(m_, W.cols());
        for (std::size_t j = 0; j < active_.size(); ++j) {
            if (chosen.empty() || chosen[static_cast<std::size_t>(active_[j])])
                coordinates.col(active_[j]) = y_.col(static_cast<Index>(j));
        }
        add_product<S>(W, V_.leftCols(m_), coordinates);
    }

    /// Moves the solution so far into W; the right-hand sides that are left, in the places of their columns.
    Block<S> fold(const Block<S>& residual, Index b, Block<S>& W) {
        add_active(W);
        Block<S> C = zeros<S>(residual.rows(), b);
        for (std::size_t j = 0; j < active_.size(); ++j) C.col(active_[j]) = residual.col(static_cast<Index>(j));
        return C;
    }

    const ShiftInvertProblem<S>& problem_;
    const Complement<S>& complement_;
    Metric<S> metric_;
    Eigen::VectorXd tau_;
    Block<S> V_, KV_;
    mutable Block<S> scratch_;
    Matrix<S> H_, y_;            // VᴴBKV; coordinates of the active columns
    std::vector<Index> active_;  // columns not converged
    Index m_ = 0, solves_ = 0;
};

/// Dimensions of the range of R to half the digits.
template <ScalarType S>
Index rank(const Block<S>& R, const Sum& sum) {
    Block<S> U = R;
    const double least = std::numeric_limits<double>::min();
    scale_columns<S>(U, norms<S>(R, sum, kRightHandSide).cwiseMax(least).cwiseInverse());
    return leading_directions<S>(gram<S>(U, U, sum), 1e-6, 1e-13).cols();
}

/// By conjugate gradients; what they leave goes into `rhs`.
template <ScalarType S>
ProjectedSolution<S> solve_definite(const ShiftInvertProblem<S>& problem, const Complement<S>& complement,
                                    const Eigen::VectorXd& lambda, Block<S>& rhs, const Eigen::VectorXd& tol,
                                    Index max_iterations) {
    ProjectedSolution<S> solution;
    const Index b = rhs.cols();
    solution.W = zeros<S>(rhs.rows(), b);
    const Eigen::VectorXd each = tol.size() == b ? tol : Eigen::VectorXd::Constant(b, tol(0));
    const auto cg = shift_invert_cg<S>(problem, complement, lambda, each.cwiseMax(kLeastTolerance), max_iterations,
                                       solution.W, rhs);
    solution.rhs_norms = cg.first_sizes;
    solution.residuals = cg.sizes;
    solution.iterations = cg.iterations;
    solution.solves = cg.solves;
    solution.column_converged.assign(static_cast<std::size_t>(b), true);
    for (const Index j : cg.unconverged) solution.column_converged[static_cast<std::size_t>(j)] = false;
    solution.converged = cg.unconverged.empty();
    return solution;
}

}  // namespace

template <ScalarType S>
ProjectedSolution<S> shift_invert_solve(const ShiftInvertProblem<S>& problem, const Eigen::VectorXd& lambda,
                                        Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations) {
    const Index most = max_iterations > 0 ? max_iterations : kMostIterations;
    const Complement<S> complement(problem.X, Metric<S>(problem.pencil.B), problem.sum);
    for (int pass = 0; pass < 2; ++pass) complement.project_residual(rhs, kRightHandSide);
    SharedKrylov<S> shared(problem, complement, lambda);
    if (!problem.definite || 2 * rank<S>(rhs, problem.sum) <= rhs.cols())
        return shared.solve(std::move(rhs), tol, most);
    ProjectedSolution<S> solution = solve_definite<S>(problem, complement, lambda, rhs, tol, most);
    if (solution.converged || solution.iterations >= most) {
        complement.project_direction(solution.W, kSolve);
        return solution;
    }
    // Not definite after all: the rest of the way by the method that does not need it.
    const Eigen::VectorXd size = solution.residuals.cwiseMax(std::numeric_limits<double>::min());
    const Eigen::VectorXd goal =
        tol.size() == 1 ? Eigen::VectorXd(tol(0) * solution.rhs_norms) : tol.cwiseProduct(solution.rhs_norms);
    ProjectedSolution<S> rest = shared.solve(std::move(rhs), goal.cwiseQuotient(size).cwiseMin(1.0), most);
    rest.W += solution.W;
    rest.rhs_norms = solution.rhs_norms;
    rest.iterations += solution.iterations;
    rest.solves += solution.solves;
    return rest;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                              \
    template ProjectedSolution<S> shift_invert_solve<S>(const ShiftInvertProblem<S>&, const Eigen::VectorXd&, \
                                                        Block<S>, const Eigen::VectorXd&, Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
