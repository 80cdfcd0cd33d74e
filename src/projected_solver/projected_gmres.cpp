#include <lambdabar/projected_solver/projected_gmres.hpp>

#include "eigensolver/biorthonormal.hpp"
#include "eigensolver/general_transform.hpp"
#include "flexible_gmres.hpp"
#include "polynomial_krylov.hpp"
#include "sentence.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) refuse_input<6>("projected_gmres: ", parts...);
}

/// X ← X − D (LᴴD)⁻¹ Lᴴ X, an oblique projector. For real T the spans are taken with their conjugates.
template <ScalarType T>
class ObliqueProjector {
public:
    ObliqueProjector(const Matrix<Complex>& D, const Matrix<Complex>& L, const Eigen::VectorXcd& values, const Sum& sum)
        : sum_(sum) {
        if constexpr (std::same_as<T, double>) {
            std::vector<Index> columns;  // real ones once, of conjugate pairs present the first
            Index width = 0;
            for (Index i = 0; i < values.size(); ++i) {
                bool seen = false;
                for (const Index j : columns) {
                    // bitwise conjugates, as eigs() returns them
                    seen = seen || (values(i).imag() != 0.0 && values(j) == std::conj(values(i)) &&
                                    D.col(j) == D.col(i).conjugate());
                }
                if (seen) continue;
                columns.push_back(i);
                width += values(i).imag() == 0.0 ? 1 : 2;
            }
            D_.resize(D.rows(), width);
            L_.resize(D.rows(), width);
            Index at = 0;
            for (const Index i : columns) {
                D_.col(at) = D.col(i).real();
                L_.col(at++) = L.col(i).real();
                if (values(i).imag() == 0.0) continue;
                D_.col(at) = D.col(i).imag();
                L_.col(at++) = L.col(i).imag();
            }
        } else {
            D_ = D;
            L_ = L;
        }
        inverse_ = gram<T>(L_, D_, sum_, "projected_gmres: the known pairs").fullPivLu().inverse();
    }

    void apply(BlockRef<T> X) const {
        if (D_.cols() > 0) add_product<T>(X, D_, -(inverse_ * gram<T>(L_, X, sum_, "projected_gmres: a product")));
    }

private:
    Block<T> D_, L_;
    Matrix<T> inverse_;
    const Sum& sum_;
};

/// The known directions of one side: (A − λB) d_j = (λ_j − λ) m_j, and the dual vectors: lᴴm = I, (mass_l)ᴴ d = I.
struct Known {
    Matrix<Complex> directions, images, dual_of_images, dual_of_directions;
    Eigen::VectorXcd values;
};

template <ScalarType S>
Known known_directions(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs, bool adjoint) {
    const Matrix<Complex> BX = mass_times(pencil, false, pairs.vectors), BY = mass_times(pencil, true, pairs.left);
    if (adjoint) return {pairs.left, BY, pairs.vectors, BX, pairs.values.conjugate()};
    return {pairs.vectors, BX, pairs.left, BY, pairs.values};
}

template <ScalarType S>
void check(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs, const SingularSystems& systems,
           const Block<Complex>& rhs, const GmresOptions& options) {
    const auto c = static_cast<std::size_t>(rhs.cols());
    require(pairs.vectors.rows() == pencil.rows() && pairs.left.rows() == pencil.rows() &&
                pairs.left.cols() == pairs.size(),
            "the pairs have ", pairs.vectors.rows(), " right and ", pairs.left.rows(), " left rows, the operator ",
            pencil.rows());
    require(rhs.rows() == pencil.rows(), "the right side has ", rhs.rows(), " rows, the operator ", pencil.rows());
    require(systems.index.size() == c && systems.excluded.size() == c, "there are ", systems.index.size(),
            " indices and ", systems.excluded.size(), " lists of excluded pairs for ", c, " columns");
    for (std::size_t i = 0; i < c; ++i) {
        require(systems.index[i] >= 0 && systems.index[i] < pairs.size(), "pair ", systems.index[i], " of ",
                pairs.size());
        for (const Index j : systems.excluded[i]) require(j >= 0 && j < pairs.size(), "pair ", j, " of ", pairs.size());
        require(std::find(systems.excluded[i].begin(), systems.excluded[i].end(), systems.index[i]) !=
                    systems.excluded[i].end(),
                "pair ", systems.index[i], " must be among its excluded ones");
    }
    require(options.tol.size() == 1 || options.tol.size() == rhs.cols(), "there are ", options.tol.size(),
            " tolerances for ", rhs.cols(), " columns");
    require(rhs.allFinite(), "the right side is not finite");
}

/// Everything outside the known pairs by one Krylov space of C.
template <ScalarType S, ScalarType T>
void solve_outside(const GeneralTransform<S, T>& transform, const GeneralEigenpairs<S>& pairs, const Known& known,
                   bool adjoint, const std::vector<Complex>& lambda, const Block<Complex>& rhs,
                   const Eigen::VectorXd& tol, const GmresOptions& options, GmresSolution& solution) {
    const ObliqueProjector<T> project(known.directions, known.dual_of_directions, known.values, options.sum);
    const ObliqueProjector<Complex> project_complex(known.directions, known.dual_of_directions, known.values,
                                                    options.sum);
    const Index n = rhs.rows(), c = rhs.cols();
    ShiftedSystems systems{.shifts = Eigen::VectorXcd(c),
                           .targets = Eigen::VectorXd(c),
                           .basis_size = options.basis_size,
                           .max_products = options.max_products,
                           .seed = options.seed};
    if (systems.max_products == 0)
        systems.max_products = transform.inverted() ? 500 * c : 20000 * c + 20 * options.sum.total(n);
    Block<Complex> q(n, c);
    for (Index i = 0; i < c; ++i) {
        systems.shifts(i) = transform.to_transformed(adjoint, lambda[static_cast<std::size_t>(i)]);
        transform.right_side(adjoint, lambda[static_cast<std::size_t>(i)], Block<Complex>(rhs.col(i)),
                             q.middleCols(i, 1));
    }
    project_complex.apply(q);
    const Eigen::VectorXd size = norms<Complex>(q, options.sum, "projected_gmres: the right side");
    systems.targets = tol.cwiseProduct(size);
    // A polynomial of C saves orthogonalizations, which cost next to nothing beside solves. A small space is exhausted
    // by one cycle.
    ShiftedSolution found;
    if (transform.products_only() && options.basis_size == 0 && options.sum.total(n) > 120) {
        ProjectedOperator<T> C{.product = [&](In<T> X, Complex shift, double scale, double beta,
                                              Out<T> Y) { transform.apply_shifted(adjoint, X, shift, scale, beta, Y); },
                               .project = [&](BlockRef<T> X) { project.apply(X); },
                               .projected_out = known.values,
                               .left = {},
                               .norm = pairs.norm_A};
        const Complex guard = pairs.guard_value;
        if (std::isfinite(guard.real())) C.left = Eigen::VectorXcd::Constant(1, adjoint ? std::conj(guard) : guard);
        found = polynomial_krylov_solve<T>(C, q, systems, options.sum);
    } else {
        const auto apply = [&](In<T> X, Out<T> Y) {
            transform.apply(adjoint, X, Y);
            project.apply(Y);
        };
        found = shifted_krylov_solve<T>(apply, q, systems, options.sum);
    }
    project_complex.apply(found.W);
    solution.W += found.W;
    solution.residuals = found.residuals.cwiseQuotient(size.cwiseMax(1e-300));
    solution.iterations = found.iterations;
    (transform.inverted() ? solution.solves : solution.products) += found.products;
    if (transform.inverted()) solution.solves += std::same_as<T, double> ? 2 * c : c;
    solution.method = transform.inverted() ? "restarted GMRES with (A − σB)⁻¹" : "restarted GMRES";
    if (found.degree > 0) solution.method += ", Chebyshev polynomial of degree " + std::to_string(found.degree);
}

/// The same by flexible GMRES on A − λB itself.
template <ScalarType S>
void solve_preconditioned(const GeneralPencil<S>& pencil, const Known& known, bool adjoint,
                          const std::vector<Complex>& lambda, const Block<Complex>& rhs, const Eigen::VectorXd& tol,
                          const GmresOptions& options, GmresSolution& solution) {
    const ObliqueProjector<Complex> project_rhs(known.images, known.dual_of_images, known.values, options.sum);
    const ObliqueProjector<Complex> project(known.directions, known.dual_of_directions, known.values, options.sum);
    const Index c = rhs.cols();
    FlexibleProblem problem;
    problem.basis_size = options.basis_size > 0 ? options.basis_size : 40;
    problem.max_products = options.max_products > 0 ? options.max_products : 5000 * c;
    problem.apply = [&](const std::vector<Index>& columns, In<Complex> X, Out<Complex> Y) {
        Block<Complex> BX = X;
        if (pencil.B) apply_to_complex<S>(*pencil.B, adjoint, X, BX);
        apply_to_complex<S>(pencil.A, adjoint, X, Y);
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const Complex shift = lambda[static_cast<std::size_t>(columns[i])];
            Y.col(static_cast<Index>(i)) -= (adjoint ? std::conj(shift) : shift) * BX.col(static_cast<Index>(i));
        }
        project_rhs.apply(Y);
    };
    problem.precondition = [&](const std::vector<Index>&, In<Complex> X, Out<Complex> Y) {
        adjoint ? options.preconditioner.solve_adjoint(X, Y) : options.preconditioner.solve(X, Y);
        project.apply(Y);
    };
    Block<Complex> q = rhs;
    project_rhs.apply(q);
    const Eigen::VectorXd size = norms<Complex>(q, options.sum);
    problem.targets = tol.cwiseProduct(size);
    const FlexibleSolution found = flexible_gmres(problem, q, options.sum);
    solution.W += found.W;
    solution.residuals = found.residuals.cwiseQuotient(size.cwiseMax(1e-300));
    solution.products += found.products;
    solution.iterations = found.iterations;
    solution.method = "flexible GMRES";
}

}  // namespace

namespace detail {

template <ScalarType S>
GmresSolution projected_gmres(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                              const SingularSystems& systems, Block<Complex> rhs, const GmresOptions& options) {
    check(pencil, pairs, systems, rhs, options);
    const Index n = rhs.rows(), c = rhs.cols(), k = pairs.size();
    const Known known = known_directions(pencil, pairs, systems.adjoint);
    GmresSolution solution{
        .W = zeros<Complex>(n, c), .residuals = Eigen::VectorXd::Zero(c), .column_converged = {}, .method = "none"};
    const Eigen::VectorXd rhs_norms = norms<Complex>(rhs, options.sum, "projected_gmres: the right side");

    // Along known pairs: r = Σ_j m_j a_j + rest, w = Σ_j d_j a_j/(λ_j − λ_i).
    Matrix<Complex> a =
        gram<Complex>(to_block<Complex>(known.dual_of_images), rhs, options.sum, "projected_gmres: the right side");
    add_product<Complex>(rhs, to_block<Complex>(known.images), -a);
    std::vector<Complex> lambda;
    for (Index i = 0; i < c; ++i) {
        const Index own = systems.index[static_cast<std::size_t>(i)];
        lambda.push_back(pairs.values(own));
        for (const Index j : systems.excluded[static_cast<std::size_t>(i)]) a(j, i) = 0.0;
        for (Index j = 0; j < k; ++j) {
            if (a(j, i) != 0.0) a(j, i) /= known.values(j) - known.values(own);
        }
    }

    // Outside, where something is left beyond the rounding of the projection.
    constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();
    const Eigen::VectorXd left = norms<Complex>(rhs, options.sum);
    std::vector<Index> columns;
    for (Index i = 0; i < c; ++i) {
        if (left(i) > rounding * rhs_norms(i)) columns.push_back(i);
    }
    if (!columns.empty()) {
        Block<Complex> outside(n, static_cast<Index>(columns.size()));
        std::vector<Complex> shifts;
        Eigen::VectorXd tol(outside.cols());
        for (Index j = 0; j < outside.cols(); ++j) {
            const Index i = columns[static_cast<std::size_t>(j)];
            outside.col(j) = rhs.col(i);
            shifts.push_back(lambda[static_cast<std::size_t>(i)]);
            tol(j) = options.tol.size() == 1 ? options.tol(0) : options.tol(i);
        }
        GmresSolution part{
            .W = zeros<Complex>(n, outside.cols()), .residuals = {}, .column_converged = {}, .method = ""};
        if (options.preconditioner) {
            solve_preconditioned(pencil, known, systems.adjoint, shifts, outside, tol, options, part);
        } else {
            with_transform(pencil, pairs, [&](const auto& transform) {
                solve_outside(transform, pairs, known, systems.adjoint, shifts, outside, tol, options, part);
            });
        }
        for (Index j = 0; j < outside.cols(); ++j) {
            const Index i = columns[static_cast<std::size_t>(j)];
            solution.W.col(i) = part.W.col(j);
            solution.residuals(i) = part.residuals(j);
        }
        solution.products = part.products;
        solution.solves = part.solves;
        solution.iterations = part.iterations;
        solution.method = part.method;
    }
    add_product<Complex>(solution.W, to_block<Complex>(known.directions), a);
    solution.converged = true;
    for (Index i = 0; i < c; ++i) {
        const double tol = options.tol.size() == 1 ? options.tol(0) : options.tol(i);
        solution.column_converged.push_back(solution.residuals(i) <= tol);
        solution.converged = solution.converged && solution.column_converged.back();
    }
    return solution;
}

template GmresSolution projected_gmres<double>(const GeneralPencil<double>&, const GeneralEigenpairs<double>&,
                                               const SingularSystems&, Block<Complex>, const GmresOptions&);
template GmresSolution projected_gmres<Complex>(const GeneralPencil<Complex>&, const GeneralEigenpairs<Complex>&,
                                                const SingularSystems&, Block<Complex>, const GmresOptions&);

}  // namespace detail

}  // namespace lambdabar
