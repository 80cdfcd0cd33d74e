#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/operator_ref.hpp>

#include <optional>
#include <vector>

namespace lambdabar {

/// What two modes did between two steps whose eigenvalues came near or changed their order.
enum class Encounter {
    crossing,  // they passed through one another: no coupling is seen
    veering,   // coupled, they repel: the shapes were exchanged between the two branches, at once or little by little
};

/// Two modes, by label, that met in the last step. From the 2×2 matrix Xᴴ A X of the last step's two vectors, now: its
/// diagonal has moved, its off-diagonal entry is the coupling; in between both are taken to be linear.
struct ModeEncounter {
    Index first = 0, second = 0;  // labels
    Encounter kind = Encounter::crossing;
    double coupling = 0.0;     // |off-diagonal entry|, in units of λ
    double closest = 0.0;      // least distance of the two eigenvalues within the step
    double uncertainty = 0.0;  // of `closest`: residuals, cluster distance and what leaks into other modes
    bool exchanged = false;    // their eigenvalues changed order, label by label
};

/// The modes of one step under the labels of the first: label i keeps its shape, sign and phase from step to step.
template <ScalarType S>
struct TrackedModes {
    Eigen::VectorXd values = {};  // of label i; not ascending after a crossing
    Matrix<S> vectors = {};       // n×k, column i: label i, aligned with the last step
    Eigen::VectorXd residuals = {};
    std::vector<Index> pair =
        {};  // label i is pair[i] of the eigenpairs (inside a cluster: one of it, the vectors are rotated)
    std::vector<Cluster> clusters = {};  // of the eigenpairs
    double cluster_distance = 0.0;       // the largest at which eigenvalues are one cluster, in units of λ
    Eigen::MatrixXd mac = {};  // k×k, |x_iᴴBy_j|² of label i's last vector and pair j: modal assurance criterion
    Eigen::VectorXd fidelity =
        {};  // |x_iᴴBy_i|² of label i's last and present vector: 1 = unchanged; below ½ the step is long
    std::vector<ModeEncounter> encounters = {};

    Index size() const { return values.size(); }
};

namespace detail {
template <ScalarType S>
TrackedModes<S> track_modes(const TrackedModes<S>& last, const Eigenpairs<S>& pairs,
                            const std::optional<OperatorRef<S>>& B, const Sum& sum);
}  // namespace detail

/// The first step: labels 0 … k − 1 are the pairs in their order. Throws std::invalid_argument if there are none.
template <ScalarType S>
TrackedModes<S> start_tracking(const Eigenpairs<S>& pairs);

/// Which mode is which after a step.
///
///     auto modes = start_tracking(eigsh(A, {.k = 6}));
///     for (…) modes = track_modes(modes, eigsh(A, {.k = 6}));
///
/// 1. MAC_ij = |x_iᴴ B y_j|² of last (tracked) and new vectors; a new vector of a cluster stands for the whole of it,
///    Σ over the cluster, because its basis is arbitrary.
/// 2. The assignment of labels to pairs with the largest Σ MAC (Kuhn–Munkres, O(k³)).
/// 3. In each cluster the new basis nearest to the last vectors that came into it (orthogonal Procrustes: the unitary
///    polar factor of Y_cᴴ B X); for a simple eigenvalue, the sign or phase.
/// 4. Encounters of labels whose eigenvalues came within reach of one another.
///
/// With small steps an avoided crossing leaves each label on its branch, while the shapes turn; where one step is
/// longer than the turn, the label stays with the shape, and the encounter says `veering`. Both sets must hold as many
/// pairs (the largest sets of whole clusters are best). Throws std::invalid_argument otherwise, or for other sizes.
template <ScalarType S>
TrackedModes<S> track_modes(const TrackedModes<S>& last, const Eigenpairs<S>& pairs, const Sum& sum = {}) {
    return detail::track_modes<S>(last, pairs, std::nullopt, sum);
}

/// The same in the inner product of the new B: modes of A x = λ B x.
template <LinearMap Op>
TrackedModes<typename Op::Scalar> track_modes(const TrackedModes<typename Op::Scalar>& last,
                                              const Eigenpairs<typename Op::Scalar>& pairs, const Op& B,
                                              const Sum& sum = {}) {
    using S = typename Op::Scalar;
    return detail::track_modes<S>(last, pairs, OperatorRef<S>(B), sum);
}

/// The assignment with the largest total gain: column of each row of a square matrix. O(k³).
std::vector<Index> optimal_assignment(const Eigen::MatrixXd& gain);

}  // namespace lambdabar
