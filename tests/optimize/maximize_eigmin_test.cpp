// Algebraic connectivity: the largest λ_2 of a weighted graph Laplacian with weights ≥ 0 of sum 1. The constant vector
// is moved from 0 to 2 by A_0 = (2/n) 1 1ᵀ, so that λ_2 of the Laplacian is λ_min of A(p) = A_0 + Σ p_e L_e.
#include <lambdabar/operator/callback.hpp>
#include <lambdabar/optimize/maximize_eigmin.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Graph {
    Index n = 0;
    std::vector<std::pair<Index, Index>> edges;
    Index size() const { return static_cast<Index>(edges.size()); }
};

Graph complete_graph(Index n) {
    Graph graph{.n = n, .edges = {}};
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < i; ++j) graph.edges.emplace_back(i, j);
    }
    return graph;
}

Graph cycle(Index n) {
    Graph graph{.n = n, .edges = {}};
    for (Index i = 0; i < n; ++i) graph.edges.emplace_back(i, (i + 1) % n);
    return graph;
}

Graph grid(Index side) {
    Graph graph{.n = side * side, .edges = {}};
    for (Index i = 0; i < side; ++i) {
        for (Index j = 0; j < side; ++j) {
            if (j + 1 < side) graph.edges.emplace_back(i * side + j, i * side + j + 1);
            if (i + 1 < side) graph.edges.emplace_back(i * side + j, (i + 1) * side + j);
        }
    }
    return graph;
}

AffineOperator<double> laplacian_of(const Graph& graph, const Eigen::VectorXd& weights) {
    std::vector<Sparse<double>> terms;
    for (const auto& [i, j] : graph.edges) {
        Sparse<double> L(graph.n, graph.n);
        L.insert(i, i) = L.insert(j, j) = 1.0;
        L.insert(i, j) = L.insert(j, i) = -1.0;
        terms.push_back(L);
    }
    const Matrix<double> ones = Matrix<double>::Constant(graph.n, graph.n, 2.0 / static_cast<double>(graph.n));
    return AffineOperator<double>(ones.sparseView(), terms, weights);
}

/// The same without a matrix: L = Dᵀ diag(p) D over the edges.
CallbackOperator<double> callback_of(const Graph& graph, const Eigen::VectorXd& weights) {
    return {.n = graph.n,
            .params = graph.size(),
            .apply =
                [&](In<double> X, Out<double> Y) {
                    Y.rowwise() = 2.0 / static_cast<double>(graph.n) * X.colwise().sum();
                    for (std::size_t e = 0; e < graph.edges.size(); ++e) {
                        const auto [i, j] = graph.edges[e];
                        const Eigen::RowVectorXd flow = weights(static_cast<Index>(e)) * (X.row(i) - X.row(j));
                        Y.row(i) += flow;
                        Y.row(j) -= flow;
                    }
                },
            .vjp =
                [&](In<double> V, In<double> W, GradientRef g) {
                    for (std::size_t e = 0; e < graph.edges.size(); ++e) {
                        const auto [i, j] = graph.edges[e];
                        g(static_cast<Index>(e)) += (V.row(i) - V.row(j)).dot(W.row(i) - W.row(j));
                    }
                }};
}

/// Weights on the simplex without any symmetry.
Eigen::VectorXd uneven(Index count) {
    Eigen::VectorXd p(count);
    for (Index l = 0; l < count; ++l) p(l) = 1.0 + 0.5 * std::sin(1.0 + static_cast<double>(l * l));
    return p / p.sum();
}

/// Independent of the library: λ_2 by dense Eigen, and the dual semidefinite program's value at the returned W, made
/// feasible (W ⪰ 0, W1 = 0, tr W = 1) in dense arithmetic: no weights of sum 1 have λ_2 above max_e tr(W L_e).
struct Proof {
    double value, bound;
};
Proof prove(const Graph& graph, const EigminMaximum<double>& best) {
    Matrix<double> L = Matrix<double>::Zero(graph.n, graph.n);
    const Matrix<double>& Q = best.certificate_vectors;
    Matrix<double> W = Q * best.certificate_weights * Q.transpose();
    const Matrix<double> P = Matrix<double>::Identity(graph.n, graph.n) -
                             Matrix<double>::Constant(graph.n, graph.n, 1.0 / static_cast<double>(graph.n));
    W = (P * W * P).eval();
    const Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(W);
    W = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0.0).asDiagonal() * solver.eigenvectors().transpose();
    W /= W.trace();
    double bound = -kInfinity;
    for (std::size_t e = 0; e < graph.edges.size(); ++e) {
        const auto [i, j] = graph.edges[e];
        const double weight = best.p(static_cast<Index>(e));
        L(i, i) += weight, L(j, j) += weight;
        L(i, j) -= weight, L(j, i) -= weight;
        bound = std::max(bound, W(i, i) + W(j, j) - 2.0 * W(i, j));
    }
    return {Eigen::SelfAdjointEigenSolver<Matrix<double>>(L).eigenvalues()(1), bound};
}

void check_optimum(const Graph& graph, const EigminMaximum<double>& best, double known, double tolerance) {
    const Proof proof = prove(graph, best);
    MESSAGE("λ_2 = " << best.value << ", certified bound " << best.bound << ", gap " << best.bound - best.value
                     << ", dual value by dense arithmetic " << proof.bound << ", " << best.iterations
                     << " eigensolves");
    CHECK(best.converged);
    CHECK(best.certified);
    CHECK(best.p.minCoeff() >= 0.0);
    CHECK(std::abs(best.p.sum() - 1.0) <= 1e-12);
    CHECK(std::abs(proof.value - best.value) <= 1e-11);
    CHECK(best.bound >= best.value - 1e-12);
    CHECK(proof.bound - proof.value <= tolerance);
    CHECK(proof.bound >= proof.value - 1e-12);
    CHECK(std::abs(best.value - known) <= tolerance);
}

}  // namespace

TEST_CASE("maximize_eigmin: complete graphs reach 2/(n − 1), an (n − 1)-fold eigenvalue, with its certificate") {
    for (const Index n : {4, 6, 10}) {
        CAPTURE(n);
        const Graph graph = complete_graph(n);
        auto A = laplacian_of(graph, uneven(graph.size()));
        const auto best = maximize_eigmin(A, MaximizeOptions<double>{.set = ParameterSet::simplex(graph.size())});
        check_optimum(graph, best, 2.0 / static_cast<double>(n - 1), 1e-6);
        CHECK(best.history.back().multiplicity == n - 1);
        CHECK((A.parameter_values() - best.p).norm() == 0.0);
    }
}

TEST_CASE("maximize_eigmin: cycles reach (2 − 2cos(2π/n))/n, a double eigenvalue, with its certificate") {
    for (const Index n : {5, 12}) {
        CAPTURE(n);
        const Graph graph = cycle(n);
        auto A = laplacian_of(graph, uneven(graph.size()));
        const auto best = maximize_eigmin(A, MaximizeOptions<double>{.set = ParameterSet::simplex(graph.size())});
        const double angle = 2.0 * std::numbers::pi / static_cast<double>(n);
        check_optimum(graph, best, (2.0 - 2.0 * std::cos(angle)) / static_cast<double>(n), 1e-6);
    }
}

TEST_CASE("maximize_eigmin: the 10×10 grid as a callback, its optimum enclosed by its certificate") {
    const Graph graph = grid(10);
    Eigen::VectorXd theta = uneven(graph.size());
    const auto H = callback_of(graph, theta);
    const auto at = [&](const Eigen::VectorXd& q) -> const CallbackOperator<double>& {
        theta = q;
        return H;
    };
    const Eigen::VectorXd start = theta;
    const auto best = maximize_eigmin(
        at, start,
        MaximizeOptions<double>{
            .set = ParameterSet::simplex(graph.size()), .affine = true, .tol_absolute = 2e-7, .bundle = 8});
    check_optimum(graph, best, 1.0 / 1650.0, 1e-6);
    CHECK(std::abs(best.value - 1.0 / 1650.0) <= 1e-8);
}

TEST_CASE("maximize_eigmin: a box, against the vertex that a grid search finds") {
    // λ_min of diag(p) + a path: increasing in every p, so the upper corner is optimal.
    const Index n = 8;
    std::vector<Sparse<double>> terms;
    for (Index i = 0; i < n; ++i) {
        Sparse<double> E(n, n);
        E.insert(i, i) = 1.0;
        terms.push_back(E);
    }
    AffineOperator<double> A(laplacian<double>({n}), terms, Eigen::VectorXd::Zero(n));
    const Eigen::VectorXd upper = Eigen::VectorXd::LinSpaced(n, 0.5, 2.0);
    const auto best = maximize_eigmin(
        A, MaximizeOptions<double>{.set = ParameterSet::box(Eigen::VectorXd::Constant(n, -1.0), upper)});
    CHECK(best.converged);
    CHECK((best.p - upper).cwiseAbs().maxCoeff() <= 1e-4);
    const Matrix<double> M = Matrix<double>(laplacian<double>({n})) + Matrix<double>(upper.asDiagonal());
    const double known = Eigen::SelfAdjointEigenSolver<Matrix<double>>(M).eigenvalues()(0);
    CHECK(std::abs(best.value - known) <= 2e-6 * known);
    CHECK(best.bound >= known - 1e-12);
}

TEST_CASE_TEMPLATE("maximize_eigmin: without constraints it ends where 0 is in the subdifferential", S, double,
                   Complex) {
    // A(p) = A_0 + Σ p_l A_l with traceless A_l has a finite maximum ≤ tr A_0/n; here A_0 = −A(q), maximal at p = q.
    const Index n = 6, parameters = 20;
    std::vector<Sparse<S>> terms;
    Matrix<S> at_q = Matrix<S>::Zero(n, n);
    const Eigen::VectorXd q = random_matrix<double>(parameters, 1, 3);
    for (Index l = 0; l < parameters; ++l) {
        Matrix<S> term = random_hermitian<S>(n, 10 + static_cast<unsigned>(l));
        term -= term.trace() / S{static_cast<double>(n)} * Matrix<S>::Identity(n, n);
        at_q += q(l) * term;
        terms.push_back(term.sparseView());
    }
    const Matrix<S> A_0 = Matrix<S>::Identity(n, n) - at_q;  // A(q) = I: λ_min = 1 = tr A(p)/n, the most there can be
    AffineOperator<S> A(hermitian_part<S>(A_0).sparseView(), terms, Eigen::VectorXd::Zero(parameters));
    const auto best = maximize_eigmin(A, MaximizeOptions<S>{.tol = 1e-6});
    CHECK(best.converged);
    CHECK(std::abs(best.value - 1.0) <= 1e-5);
    CHECK(best.gradient_norm <= 1e-4);
}

TEST_CASE("maximize_eigmin: an operator that is not affine, against a closed form") {
    // diag(1 − (p_1 − 1)², 1 − (p_2 + 2)², 3): λ_min is largest, 1, at p = (1, −2).
    Eigen::VectorXd theta = Eigen::VectorXd::Zero(2);
    const CallbackOperator<double> H{.n = 3,
                                     .params = 2,
                                     .apply =
                                         [&](In<double> X, Out<double> Y) {
                                             Y = X;
                                             Y.row(0) *= 1.0 - std::pow(theta(0) - 1.0, 2);
                                             Y.row(1) *= 1.0 - std::pow(theta(1) + 2.0, 2);
                                             Y.row(2) *= 3.0;
                                         },
                                     .vjp =
                                         [&](In<double> V, In<double> W, GradientRef g) {
                                             g(0) -= 2.0 * (theta(0) - 1.0) * V.row(0).dot(W.row(0));
                                             g(1) -= 2.0 * (theta(1) + 2.0) * V.row(1).dot(W.row(1));
                                         }};
    const auto at = [&](const Eigen::VectorXd& q) -> const CallbackOperator<double>& {
        theta = q;
        return H;
    };
    const auto best = maximize_eigmin(at, Eigen::VectorXd::Zero(2), MaximizeOptions<double>{.max_iterations = 100});
    CHECK(!best.certified);
    CHECK(std::abs(best.value - 1.0) <= 1e-5);
    CHECK((best.p - Eigen::Vector2d(1.0, -2.0)).norm() <= 1e-2);
}

TEST_CASE("maximize_eigmin: points outside the set and empty sets are refused with their numbers") {
    const Graph graph = cycle(5);
    auto A = laplacian_of(graph, Eigen::VectorXd::Constant(5, 0.3));
    const auto refusal = [&](const MaximizeOptions<double>& options) {
        return message_of<std::invalid_argument>([&] { (void)maximize_eigmin(A, options); });
    };
    CHECK(contains(refusal({.set = ParameterSet::simplex(5)}), "1.5 is not the total 1"));
    CHECK(contains(refusal({.set = ParameterSet::simplex(4)}), "4"));
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(5);
    CHECK(contains(refusal({.set = ParameterSet::box(ones, ones)}), "no room"));
    CHECK(contains(refusal({.set = ParameterSet::box(ones, 2.0 * ones)}), "0.3"));
    CHECK(contains(refusal({.bundle = 1}), "bundle = 1"));
}
