#include "shared_krylov.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kSolve = "pullback: the result of the solve with A − σB";
constexpr double kTiny = std::numeric_limits<double>::min();

}  // namespace

template <ScalarType S>
SharedKrylov<S>::SharedKrylov(const ShiftInvertProblem<S>& problem, const Complement<S>& complement,
                              const Eigen::VectorXd& lambda)
    : Relation(problem.pencil, problem.solve, Metric<S>(problem.pencil.B), Definite::B, problem.sum, kSolve),
      problem_(problem),
      complement_(complement),
      tau_(lambda.array() - problem.sigma),
      unit_(Eigen::VectorXd::Ones(lambda.size())),
      k_(problem.X.cols()) {}

template <ScalarType S>
ProjectedSolution<S> SharedKrylov<S>::solve(Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations) {
    const Index b = rhs.cols();
    ProjectedSolution<S> solution;
    solution.residuals = Eigen::VectorXd::Zero(b);
    const Block<S> C = apply_inverse_to_range(std::move(rhs));
    solution.rhs_norms = metric_.norms(C, BU_, sum_, kSolve);
    target_ = tol.cwiseProduct(solution.rhs_norms);

    Relation::tol_ = tol.minCoeff();
    const bool clean = metric_.identity() || !mostly_invisible(C, solution.rhs_norms);
    if (!clean || !solve_from(C, false, max_iterations, solution)) solve_from(C, true, max_iterations, solution);
    complement_.project_direction(solution.W, kSolve);
    solution.converged = active_.empty();
    solution.solves = solves_;
    return solution;
}

/// From P = c_i, or K c_i (`seen`). False, and nothing solved, if what B does not see of the c_i grows in the basis.
template <ScalarType S>
bool SharedKrylov<S>::solve_from(const Block<S>& C, bool seen, Index max_iterations, ProjectedSolution<S>& solution) {
    // W holds Σ K V y, and K c/τ where K w is solved for: w = c + factor·W
    Eigen::VectorXd factor = tau_;
    if (seen) {
        solution.W = apply_inverse_to_range(Block<S>(metric_.image(C, BU_)));
        start_space(solution.W);
        scale_columns<S>(solution.W, tau_.cwiseInverse());
        unit_ = tau_.cwiseAbs();
        factor = tau_.cwiseAbs2();
    } else {
        start_space(C);
        solution.W = zeros<S>(n_, C.cols());
    }
    solution.column_converged.assign(active_.size(), false);
    while (true) {
        galerkin(solution);
        if (active_.empty() || w_ == 0 || solution.iterations >= max_iterations) break;
        if (m_ + 2 * w_ > capacity_) fold(solution.W);
        if (!expand()) break;
        ++solution.iterations;
        if (!seen && Relation::overgrown()) return false;
    }
    add_images(solution.W);
    scale_and_add<S>(solution.W, C, factor);
    if (Relation::invisible_ || Relation::overgrown()) {  // once more, by a solve
        Block<S> image(n_, C.cols());
        apply(solution.W, image);
        solution.W.swap(image);
        scale_and_add<S>(solution.W, C, tau_);
    }
    return true;
}

/// P (A − σB)⁻¹ R with one solve per dimension of the range of R: columns that depend on others cost nothing. A Gram
/// matrix resolves half the digits, so what a pass leaves of R goes through another.
template <ScalarType S>
Block<S> SharedKrylov<S>::apply_inverse_to_range(Block<S> R) {
    constexpr double half_the_digits = 1e-6, rounding = 1e-13;
    Block<S> result = zeros<S>(R.rows(), R.cols());
    const Eigen::VectorXd unit = norms<S>(R, sum_, kSolve).cwiseMax(kTiny).cwiseInverse();
    for (int pass = 0; pass < 3; ++pass) {
        Block<S> U = R;
        scale_columns<S>(U, unit);
        const Matrix<S> T = leading_directions<S>(gram<S>(U, U, sum_), half_the_digits, rounding);
        if (T.cols() == 0) break;
        Block<S> Q(R.rows(), T.cols());
        set_product<S>(Q, U, T);
        U.resize(R.rows(), T.cols());
        problem_.solve(Q, U);
        solves_ += T.cols();
        const Matrix<S> QR = gram<S>(Q, R, sum_, kSolve);
        add_product<S>(R, Q, -QR);
        add_product<S>(result, U, QR);
    }
    complement_.project_direction(result, kSolve);
    return result;
}

/// Whether a column's part in the null space of B dwarfs the rest, beside that of an eigenvector, which has none.
template <ScalarType S>
bool SharedKrylov<S>::mostly_invisible(const Block<S>& C, const Eigen::VectorXd& sizes) {
    constexpr double kMost = 100.0;
    if (metric_.identity() || k_ == 0) return false;
    const double unit = norms<S>(problem_.X, sum_).maxCoeff();
    const Eigen::VectorXd whole = norms<S>(C, sum_, kSolve);
    return (whole.array() > kMost * unit * sizes.array()).any();
}

/// V = [X E], P = [what KE adds, the right-hand sides].
template <ScalarType S>
void SharedKrylov<S>::start_space(const Block<S>& right) {
    const Index b = right.cols();
    const Index e = problem_.extra_images.cols() == problem_.extra.cols() ? problem_.extra.cols() : 0;
    capacity_ = std::min(k_ + 2 * e + 12 * b, global_n_ + 2 * b);
    Relation::start(std::max(capacity_, k_ + 2 * (e + b)));
    V_.leftCols(k_) = problem_.X;
    m_ = k_;
    S_.resize(0, k_);
    norm_ = tau_.cwiseAbs().cwiseMax(kTiny).cwiseInverse().maxCoeff();
    beyond_ = tau_.cwiseAbs().cwiseMax(kTiny).cwiseInverse().minCoeff();
    for (Index j = 0; j < e; ++j)
        beyond_ = std::min(beyond_, 1.0 / std::max(std::abs(problem_.extra_values(j) - problem_.sigma), kTiny));
    if (e > 0) {
        BlockRef<S> E = V_.middleCols(k_, e), KE = V_.middleCols(k_ + e, e);
        E = problem_.extra;
        KE = problem_.extra_images;
        complement_.project_direction(E, kSolve);
        // E is B-orthonormal to rounding but for what its part along X was.
        const Matrix<S> T = orthonormalizing_step<S>(metric_.inner(E, E, BU_, sum_));
        rotate<S>(E, T);
        rotate<S>(KE, T);
        w_ = e;
        S_ = Matrix<S>::Zero(e, k_);
        Relation::absorb(e);
    }
    const Eigen::VectorXd size = metric_.norms(right, BU_, sum_, kSolve);
    const Eigen::VectorXd scale = (size.array() > 0.0).select(norm_ * size.cwiseMax(kTiny).cwiseInverse(), 0.0);
    BlockRef<S> U = V_.middleCols(m_ + w_, b);
    U = right;
    scale_columns<S>(U, scale);
    gamma_ = Relation::append(b) * (size / norm_).template cast<S>().asDiagonal();
    gamma_.topRows(k_).setZero();
    y_.setZero(m_, b);
    active_.resize(static_cast<std::size_t>(b));
    std::iota(active_.begin(), active_.end(), Index{0});
}

/// Solves the small systems and tests their residuals.
template <ScalarType S>
void SharedKrylov<S>::galerkin(ProjectedSolution<S>& solution) {
    const Index inner = m_ - k_;
    const Eigen::VectorXd tau = tau_(active_);
    const Matrix<S> g = gamma_(Eigen::all, active_);
    const Matrix<S> H = H_.block(k_, k_, inner, inner);
    Matrix<S> y(inner, g.cols());
    if (inner > 0) y = hermitian_resolvent<S>(H, tau, g.middleRows(k_, inner));
    rho_ = g.bottomRows(w_);
    if (inner > 0 && w_ > 0) rho_ += S_.rightCols(inner) * y * tau.template cast<S>().asDiagonal();
    // c + τ K V y leaves τ K P ρ: its part in V is known, the rest is at most ‖K‖ beyond V
    const Eigen::VectorXd inside = (S_.adjoint() * rho_).colwise().norm(), rest = beyond_ * rho_.colwise().norm();
    const Eigen::VectorXd sizes =
        tau.cwiseAbs().cwiseProduct((inside.array().square() + rest.array().square()).sqrt().matrix());
    std::vector<Index> left, left_columns;
    for (std::size_t j = 0; j < active_.size(); ++j) {
        const Index i = active_[j];
        y_.col(i).bottomRows(inner) = y.col(static_cast<Index>(j));
        solution.residuals(i) = unit_(i) * sizes(static_cast<Index>(j));
        if (solution.residuals(i) <= target_(i)) {
            solution.column_converged[static_cast<std::size_t>(i)] = true;
        } else {
            left.push_back(static_cast<Index>(j));
            left_columns.push_back(i);
        }
    }
    rho_ = Matrix<S>(rho_(Eigen::all, left));
    active_ = std::move(left_columns);
}

/// Measured in their targets, only the directions in which the residuals are largest are worth a solve now: small ones
/// wait, and so does what would follow from them.
template <ScalarType S>
bool SharedKrylov<S>::expand() {
    constexpr double matters = 0.1, relative = 1e-2;
    Matrix<S> scaled = rho_;
    for (std::size_t j = 0; j < active_.size(); ++j)
        scaled.col(static_cast<Index>(j)) *=
            unit_(active_[j]) * std::abs(tau_(active_[j])) * beyond_ / target_(active_[j]);
    const DenseEigenpairs<S> directions = dense_eigh<S>(scaled * scaled.adjoint());
    const double least = std::max(matters, relative * std::sqrt(directions.values(w_ - 1)));
    const Index columns = (directions.values.array() > least * least).count();
    if (columns == 0) return false;
    const Matrix<S> T = directions.vectors.rowwise().reverse();
    Relation::turn(T);
    gamma_.bottomRows(w_) = Matrix<S>(T.adjoint() * gamma_.bottomRows(w_));
    Relation::step(columns);
    const Index old_m = y_.rows(), old = gamma_.rows();
    gamma_.conservativeResize(m_ + w_, Eigen::NoChange);
    gamma_.bottomRows(m_ + w_ - old).setZero();
    y_.conservativeResize(m_, Eigen::NoChange);
    y_.bottomRows(m_ - old_m).setZero();
    return true;
}

/// W += K V y = [V P] [H; S] y
template <ScalarType S>
void SharedKrylov<S>::add_images(Block<S>& W) {
    Matrix<S> coordinates(m_ + w_, y_.cols());
    coordinates.topRows(m_) = Relation::H() * y_;
    if (w_ > 0) coordinates.bottomRows(w_) = S_ * y_;
    coordinates.topRows(k_).setZero();
    add_product<S>(W, Relation::VP(), coordinates);
}

/// Takes the solutions so far into W, the residuals as right-hand sides, and V down to half its size: the Ritz vectors
/// nearest to σ.
template <ScalarType S>
void SharedKrylov<S>::fold(Block<S>& W) {
    add_images(W);
    const Index inner = m_ - k_, keep = std::min(inner, std::max<Index>(0, (capacity_ - k_) / 2 - w_));
    const DenseEigenpairs<S> ritz = dense_eigh<S>(H_.block(k_, k_, inner, inner));
    std::vector<Index> order(static_cast<std::size_t>(inner));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index i, Index j) { return std::abs(ritz.values(i)) > std::abs(ritz.values(j)); });
    order.resize(static_cast<std::size_t>(keep));
    Matrix<S> Y = Matrix<S>::Zero(m_, k_ + keep);
    Y.topLeftCorner(k_, k_).setIdentity();
    Y.bottomRightCorner(inner, keep) = ritz.vectors(Eigen::all, order);
    Eigen::VectorXd theta = Eigen::VectorXd::Zero(k_ + keep);
    theta.tail(keep) = ritz.values(order);
    Relation::shrink(Y, theta);
    const Index b = y_.cols();
    gamma_.setZero(m_ + w_, b);
    for (std::size_t j = 0; j < active_.size(); ++j)
        gamma_.col(active_[j]).bottomRows(w_) = rho_.col(static_cast<Index>(j));
    y_.setZero(m_, b);
}

template class SharedKrylov<double>;
template class SharedKrylov<std::complex<double>>;

}  // namespace lambdabar
