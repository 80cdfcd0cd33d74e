#include <lambdabar/crossing/track_modes.hpp>

#include "block/metric.hpp"
#include "sentence.hpp"

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kTurn =
    0.01;  // off-diagonal part of the least distance, above which two modes are said to have turned

template <ScalarType S>
double cluster_distance(const Eigenpairs<S>& pairs) {
    return std::max(pairs.cluster_gap, pairs.cluster_tol * pairs.norm_A);
}

/// The unitary polar factor of M, the nearest unitary matrix.
template <ScalarType S>
Matrix<S> polar_factor(const Matrix<S>& M) {
    const Eigen::JacobiSVD<Matrix<S>> svd(M, Eigen::ComputeFullU | Eigen::ComputeFullV);
    return svd.matrixU() * svd.matrixV().adjoint();
}

struct Approach {
    double distance, at;
};

/// Least distance of the eigenvalues of H(t), 0 ≤ t ≤ 1, linear from diag(a, b) to the Hermitian 2×2 matrix whose
/// diagonal entries differ by delta_end and whose off-diagonal entry has modulus c: of √((Δ + t(Δ_end − Δ))² + (2ct)²).
Approach closest_approach(double delta, double delta_end, double c) {
    const double slope = delta_end - delta, curvature = slope * slope + 4.0 * c * c;
    const double t = curvature > 0.0 ? std::clamp(-delta * slope / curvature, 0.0, 1.0) : 0.0;
    return {std::hypot(delta + t * slope, 2.0 * c * t), t};
}

template <ScalarType S>
class Tracking {
public:
    Tracking(const TrackedModes<S>& last, const Eigenpairs<S>& pairs, const Matrix<S>& overlap)
        : last_(last), pairs_(pairs), O_(overlap), k_(pairs.size()) {
        now_.clusters = pairs.clusters;
        now_.cluster_distance = cluster_distance(pairs);
        now_.mac = O_.cwiseAbs2();
    }

    TrackedModes<S> run() {
        assign();
        align();
        find_encounters();
        return std::move(now_);
    }

private:
    void assign() {
        Eigen::MatrixXd gain = now_.mac;
        for (const Cluster& c : pairs_.clusters) {
            const Eigen::VectorXd whole = now_.mac.middleCols(c.first, c.count).rowwise().sum();
            for (Index j = c.first; j < c.first + c.count; ++j) gain.col(j) = whole;
        }
        now_.pair = optimal_assignment(gain);
    }

    Index pair(Index label) const { return now_.pair[static_cast<std::size_t>(label)]; }

    /// Y_c R with R the polar factor of Y_cᴴ B X of the labels that came into the cluster, in the order of its pairs.
    void align() {
        now_.values.resize(k_);
        now_.residuals.resize(k_);
        now_.fidelity.resize(k_);
        now_.vectors.resize(pairs_.vectors.rows(), k_);
        std::vector<Index> label(static_cast<std::size_t>(k_));
        for (Index i = 0; i < k_; ++i) label[static_cast<std::size_t>(pair(i))] = i;
        for (const Cluster& c : pairs_.clusters) {
            Matrix<S> M(c.count, c.count);
            for (Index j = 0; j < c.count; ++j)
                M.col(j) = O_.row(label[static_cast<std::size_t>(c.first + j)]).segment(c.first, c.count).adjoint();
            const Matrix<S> R = polar_factor<S>(M), basis = pairs_.vectors.middleCols(c.first, c.count) * R;
            for (Index j = 0; j < c.count; ++j) {
                const Index i = label[static_cast<std::size_t>(c.first + j)];
                now_.vectors.col(i) = basis.col(j);
                now_.values(i) = pairs_.values(c.first + j);
                now_.residuals(i) = pairs_.residuals(c.first + j);
                now_.fidelity(i) = std::norm(R.col(j).dot(M.col(j)));
            }
        }
    }

    void find_encounters() {
        // Xᴴ A X in the last vectors, as far as the new set holds them: O Λ Oᴴ.
        const Matrix<S> H = O_ * pairs_.values.template cast<S>().asDiagonal() * O_.adjoint();
        const double range = pairs_.values(k_ - 1) - pairs_.values(0);
        for (Index i = 0; i < k_; ++i) {
            for (Index j = 0; j < i; ++j) {
                const double before = last_.values(i) - last_.values(j), after = now_.values(i) - now_.values(j);
                const double reach = std::max(now_.cluster_distance, last_.cluster_distance);
                if (std::abs(before) <= reach) continue;  // they met before, and that was reported
                ModeEncounter met{.first = j, .second = i, .coupling = std::abs(H(i, j))};
                met.exchanged = before * after < 0.0 && std::abs(after) > reach;
                const Approach nearest = closest_approach(before, std::real(H(i, i) - H(j, j)), met.coupling);
                met.closest = nearest.distance;
                const double kept_i = held(i, i, j), kept_j = held(j, i, j);
                met.uncertainty = now_.residuals(i) + now_.residuals(j) + last_.residuals(i) + last_.residuals(j) +
                                  reach + (2.0 - kept_i - kept_j) * range;
                const bool merged = std::abs(after) <= reach, within = nearest.at > 0.0 && nearest.at < 1.0;
                const bool turned = 2.0 * met.coupling * nearest.at > kTurn * met.closest;
                if (!met.exchanged && !merged && !(within && turned && neighbours(i, j))) continue;
                met.kind = met.closest <= met.uncertainty ? Encounter::crossing : Encounter::veering;
                now_.encounters.push_back(met);
            }
        }
    }

    /// How much of label a's last vector lies in the span of the present modes of i and j.
    double held(Index a, Index i, Index j) const {
        double sum = 0.0;
        const auto add = [&](Index p) {
            for (const Cluster& c : pairs_.clusters) {
                if (p >= c.first && p < c.first + c.count) sum += now_.mac.row(a).segment(c.first, c.count).sum();
            }
        };
        add(pair(i));
        if (!same_cluster_of(pair(i), pair(j))) add(pair(j));
        return std::min(1.0, sum);
    }
    /// No other label's value lies between the two, now.
    bool neighbours(Index i, Index j) const {
        const double low = std::min(now_.values(i), now_.values(j)), high = std::max(now_.values(i), now_.values(j));
        return (now_.values.array() > low && now_.values.array() < high).count() == 0;
    }
    bool same_cluster_of(Index p, Index q) const {
        for (const Cluster& c : pairs_.clusters) {
            const bool holds_p = p >= c.first && p < c.first + c.count, holds_q = q >= c.first && q < c.first + c.count;
            if (holds_p || holds_q) return holds_p && holds_q;
        }
        return false;
    }

    const TrackedModes<S>& last_;
    const Eigenpairs<S>& pairs_;
    const Matrix<S>& O_;
    Index k_;
    TrackedModes<S> now_;
};

}  // namespace

template <ScalarType S>
TrackedModes<S> start_tracking(const Eigenpairs<S>& pairs) {
    const Index k = pairs.size();
    if (k < 1 || pairs.vectors.cols() != k)
        throw std::invalid_argument(sentence("start_tracking: there are ", k, " pairs"));
    TrackedModes<S> modes{.values = pairs.values, .vectors = pairs.vectors, .residuals = pairs.residuals};
    modes.clusters = pairs.clusters;
    modes.cluster_distance = cluster_distance(pairs);
    modes.mac = Eigen::MatrixXd::Identity(k, k);
    modes.fidelity = Eigen::VectorXd::Ones(k);
    for (Index i = 0; i < k; ++i) modes.pair.push_back(i);
    return modes;
}

template <ScalarType S>
TrackedModes<S> detail::track_modes(const TrackedModes<S>& last, const Eigenpairs<S>& pairs,
                                    const std::optional<OperatorRef<S>>& B, const Sum& sum) {
    const Index n = last.vectors.rows(), k = last.size();
    if (pairs.size() != k || pairs.vectors.rows() != n || (B && B->rows() != n)) {
        throw std::invalid_argument(sentence("track_modes: the last modes are ", n, "×", k, ", the new ones ",
                                             pairs.vectors.rows(), "×", pairs.size(),
                                             B && B->rows() != n ? ", and B has another number of rows" : ""));
    }
    const Metric<S> metric(B);
    Block<S> scratch, scratch_X;
    const Block<S> X = last.vectors, Y = pairs.vectors;
    Matrix<S> overlap = metric.inner(X, Y, scratch, sum, "track_modes: the new vectors");
    // The last vectors were normalized by the last B.
    const Eigen::VectorXd x_norms = metric.norms(X, scratch_X, sum), y_norms = metric.norms(Y, scratch, sum);
    overlap = (x_norms.cwiseInverse().template cast<S>().asDiagonal() * overlap *
               y_norms.cwiseInverse().template cast<S>().asDiagonal())
                  .eval();
    return Tracking<S>(last, pairs, overlap).run();
}

#define LAMBDABAR_INSTANTIATE(S)                                                                  \
    template TrackedModes<S> start_tracking<S>(const Eigenpairs<S>&);                             \
    template TrackedModes<S> detail::track_modes<S>(const TrackedModes<S>&, const Eigenpairs<S>&, \
                                                    const std::optional<OperatorRef<S>>&, const Sum&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
