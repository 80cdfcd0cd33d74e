#include "biorthonormal.hpp"

#include "general_transform.hpp"

#include <lambdabar/block/kernels.hpp>

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

/// Which left column belongs to which value, and whether its conjugate is meant (real operators).
struct Partner {
    Index column = -1;
    bool conjugate = false;
};

std::vector<Partner> nearest_partners(const Eigen::VectorXcd& values, const Eigen::VectorXcd& left_values,
                                      bool real_operator) {
    std::vector<Partner> partners(static_cast<std::size_t>(values.size()));
    std::vector<bool> taken(static_cast<std::size_t>(left_values.size()), false);
    for (const bool conjugate : {false, true}) {  // the conjugate serves only where the value itself is not there
        if (conjugate && !real_operator) break;
        for (;;) {  // globally nearest first
            Index i_best = -1, j_best = -1;
            double best = 0.0;
            for (Index i = 0; i < values.size(); ++i) {
                if (partners[static_cast<std::size_t>(i)].column >= 0) continue;
                for (Index j = 0; j < left_values.size(); ++j) {
                    if (taken[static_cast<std::size_t>(j)]) continue;
                    const Complex value = conjugate ? std::conj(left_values(j)) : left_values(j);
                    const double d = std::abs(value - values(i));
                    if (real_operator && !conjugate && d > std::abs(std::conj(value) - values(i))) continue;
                    if (i_best < 0 || d < best) i_best = i, j_best = j, best = d;
                }
            }
            if (i_best < 0) break;
            partners[static_cast<std::size_t>(i_best)] = {j_best, conjugate};
            taken[static_cast<std::size_t>(j_best)] = true;
        }
    }
    return partners;
}

/// Y_c ← Y_c G_c^(−H), G = YᴴBX, for one cluster c: then Y_cᴴBX_c = I.
void dualize(Matrix<Complex>& Y, const Matrix<Complex>& G, const std::vector<Index>& c) {
    const auto m = static_cast<Index>(c.size());
    Matrix<Complex> G_c(m, m), Y_c(Y.rows(), m);
    for (Index i = 0; i < m; ++i) {
        Y_c.col(i) = Y.col(c[static_cast<std::size_t>(i)]);
        for (Index j = 0; j < m; ++j) G_c(i, j) = G(c[static_cast<std::size_t>(i)], c[static_cast<std::size_t>(j)]);
    }
    const Matrix<Complex> dual = Y_c * G_c.fullPivLu().inverse().adjoint();
    for (Index i = 0; i < m; ++i) Y.col(c[static_cast<std::size_t>(i)]) = dual.col(i);
}

}  // namespace

std::vector<std::vector<Index>> linked_values(const Eigen::VectorXcd& values, const Eigen::VectorXd& distances,
                                              const Eigen::VectorXd& errors) {
    const Index k = values.size();
    std::vector<Index> group(static_cast<std::size_t>(k));
    for (Index i = 0; i < k; ++i) {
        group[static_cast<std::size_t>(i)] = i;
        for (Index j = 0; j < i; ++j) {
            const double reach = std::max({distances(i), distances(j), errors(i) + errors(j)});
            if (!(std::abs(values(i) - values(j)) <= reach)) continue;
            const Index from = group[static_cast<std::size_t>(i)], to = group[static_cast<std::size_t>(j)];
            for (Index& g : group) g = g == from ? to : g;
        }
    }
    std::vector<std::vector<Index>> clusters;
    for (Index i = 0; i < k; ++i) {
        const auto same = [&](const std::vector<Index>& c) {
            return group[static_cast<std::size_t>(c.front())] == group[static_cast<std::size_t>(i)];
        };
        const auto place = std::find_if(clusters.begin(), clusters.end(), same);
        if (place == clusters.end()) {
            clusters.push_back({i});
        } else {
            place->push_back(i);
        }
    }
    return clusters;
}

template <ScalarType S>
Block<Complex> mass_times(const GeneralPencil<S>& pencil, bool adjoint, const Matrix<Complex>& X) {
    const Block<Complex> block = to_block<Complex>(X);
    if (!pencil.B) return block;
    Block<Complex> BX(X.rows(), X.cols());
    apply_to_complex<S>(*pencil.B, adjoint, block, BX);
    return BX;
}

template <ScalarType S>
bool join_left(const GeneralPencil<S>& pencil, const Eigen::VectorXcd& left_values, const Matrix<Complex>& left_vectors,
               const Eigen::VectorXd& left_residuals, const Eigen::VectorXd& distances, const Sum& sum,
               GeneralEigenpairs<S>& pairs, std::string& why) {
    constexpr bool real = std::same_as<S, double>;
    const Index k = pairs.size();
    const auto partners = nearest_partners(pairs.values, left_values, real);
    Matrix<Complex> Y(pairs.vectors.rows(), k);
    pairs.left_residuals.resize(k);
    Eigen::VectorXd apart(k);
    for (Index i = 0; i < k; ++i) {
        const Partner partner = partners[static_cast<std::size_t>(i)];
        if (partner.column < 0) {
            why = "fewer left than right eigenvectors were found";
            return false;
        }
        Y.col(i) = left_vectors.col(partner.column);
        if (partner.conjugate) Y.col(i) = Y.col(i).conjugate().eval();
        const Complex value = left_values(partner.column);
        apart(i) = std::abs((partner.conjugate ? std::conj(value) : value) - pairs.values(i));
        pairs.left_residuals(i) = left_residuals(partner.column);
    }

    const Block<Complex> BX = mass_times(pencil, false, pairs.vectors);
    // Conditions need clusters, and clusters need conditions: error bounds can only link more.
    pairs.clusters = linked_values(pairs.values, distances, Eigen::VectorXd::Zero(k));
    Matrix<Complex> dual;
    for (std::size_t count = 0; count != pairs.clusters.size();) {
        count = pairs.clusters.size();
        const Matrix<Complex> G = gram<Complex>(to_block<Complex>(Y), BX, sum, "eigs: the left vectors");
        dual = Y;
        for (const auto& c : pairs.clusters) dualize(dual, G, c);
        pairs.conditions = Eigen::VectorXd::Constant(k, std::numeric_limits<double>::infinity());
        if (!dual.allFinite()) break;
        pairs.conditions = norms<Complex>(mass_times(pencil, true, dual), sum);
        pairs.errors = pairs.conditions.cwiseProduct(pairs.residuals);
        pairs.clusters = linked_values(pairs.values, distances, pairs.errors);
    }
    if (!dual.allFinite()) {
        why = "a left vector is orthogonal to its right one";
        return false;
    }
    const Matrix<Complex> G = gram<Complex>(to_block<Complex>(dual), BX, sum, "eigs: the left vectors");
    if ((G - Matrix<Complex>::Identity(k, k)).norm() < 0.1) dual = dual * G.fullPivLu().inverse().adjoint();
    if constexpr (real) {  // exact again after the rounding of the products above
        for (Index i = 0; i < k; ++i) {
            if (pairs.values(i).imag() == 0.0 && (pairs.vectors.col(i).imag().array() == 0.0).all())
                dual.col(i) = dual.col(i).real().template cast<Complex>().eval();
            if (i + 1 < k && pairs.values(i).imag() > 0.0 && pairs.values(i + 1) == std::conj(pairs.values(i)))
                dual.col(i + 1) = dual.col(i).conjugate();
        }
    }
    pairs.left = std::move(dual);
    pairs.conditions = norms<Complex>(mass_times(pencil, true, pairs.left), sum);
    pairs.errors = pairs.conditions.cwiseProduct(pairs.residuals);
    for (Index i = 0; i < k; ++i) {
        const double reach = 10.0 * pairs.conditions(i) * (pairs.residuals(i) + pairs.left_residuals(i)) + distances(i);
        if (apart(i) <= reach) continue;
        std::ostringstream sentence;
        sentence << "the left value nearest to eigenvalue " << i + 1 << " is " << apart(i) << " away, where at most "
                 << reach << " was to be expected";
        why = sentence.str();
        return false;
    }
    return true;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template Block<Complex> mass_times<S>(const GeneralPencil<S>&, bool, const Matrix<Complex>&);                 \
    template bool join_left<S>(const GeneralPencil<S>&, const Eigen::VectorXcd&, const Matrix<Complex>&,          \
                               const Eigen::VectorXd&, const Eigen::VectorXd&, const Sum&, GeneralEigenpairs<S>&, \
                               std::string&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
