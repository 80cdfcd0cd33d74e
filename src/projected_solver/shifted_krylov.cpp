#include "shifted_krylov.hpp"

#include "block/dense.hpp"
#include "eigensolver/ordered_schur.hpp"

#include <Eigen/LU>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
constexpr double kGrowth = 10.0;  // of a Galerkin residual, at most

/// The coordinates of complex columns from those of their parts.
template <ScalarType T>
Matrix<Complex> coordinates_of(const Matrix<T>& parts) {
    if constexpr (std::same_as<T, double>) {
        const Index b = parts.cols() / 2;
        return parts.leftCols(b).template cast<Complex>() + Complex(0, 1) * parts.rightCols(b).template cast<Complex>();
    } else {
        return parts;
    }
}

/// W += V C for complex C.
template <ScalarType T>
void add_combination(Block<Complex>& W, ConstBlockRef<T> V, const Matrix<Complex>& C) {
    if constexpr (std::same_as<T, double>) {
        Matrix<double> parts(C.rows(), 2 * C.cols());
        parts << C.real(), C.imag();
        Block<double> sums(W.rows(), 2 * C.cols());
        set_product<double>(sums, V, parts);
        W += sums.leftCols(C.cols()).template cast<Complex>();
        W += Complex(0, 1) * sums.rightCols(C.cols()).template cast<Complex>();
    } else {
        add_product<Complex>(W, V, C);
    }
}

template <ScalarType T>
class ShiftedKrylov {
public:
    using Apply = typename KrylovDecomposition<T>::Apply;

    ShiftedKrylov(const Apply& C, const Block<Complex>& R, const ShiftedSystems& systems, const Sum& sum)
        : C_(C), sum_(sum), systems_(systems), R_(R), W_(zeros<Complex>(R.rows(), R.cols())) {
        norms_ = norms<Complex>(R_, sum_, "projected_gmres: the right side");
    }

    Block<T>& basis() { return basis_; }

    ShiftedSolution solve() {
        while (!done() && products_ < systems_.max_products) {
            const double before = excess();
            run();
            if (systems_.single_run) break;
            if (!(excess() < 0.9 * before)) break;  // stagnation at rounding, or of the method
        }
        return {std::move(W_), norms_, products_, iterations_, std::move(ritz_values_), 0};
    }

private:
    double excess() const { return norms_.cwiseQuotient(systems_.targets.cwiseMax(1e-300)).maxCoeff(); }
    bool done() const { return (norms_.array() <= systems_.targets.array()).all(); }

    /// From the residual block R_ to the end, or to a Galerkin residual that grows: leaves R_ and norms_ true to W_.
    void run() {
        const Block<T> parts = parts_of<T>(R_);
        // Unit columns, so that small residuals count as much as large ones.
        Eigen::VectorXd size = norms<T>(parts, sum_).cwiseMax(1e-300);
        Block<T> scaled = parts;
        scale_columns<T>(scaled, size.cwiseInverse());
        const Matrix<T> directions = leading_directions<T>(gram<T>(scaled, scaled, sum_), 1e-7, 1e-150);
        const Index r = directions.cols();
        if (r == 0) return;
        Block<T> basis(R_.rows(), r);
        set_product<T>(basis, scaled, directions);
        const Index chosen = std::max<Index>(60, 10 * r);
        const Index capacity = systems_.basis_size > 0 ? std::max(systems_.basis_size, 4 * r) : chosen;
        KrylovDecomposition<T> K(C_, R_.rows(), capacity, r, systems_.seed, sum_);
        K.start(std::move(basis));
        Matrix<Complex> g = coordinates_of<T>(gram<T>(K.next(), parts, sum_));  // R = V₊ g

        Index at = 0, width = K.block();  // where R begins in V, if V holds it
        while (true) {
            while (K.expand()) {
                ++iterations_;
                if (systems_.single_run && K.block() > 0 && (too_large(K) || minimal_residuals(K, g, at, width).enough))
                    break;
            }
            products_ += K.products() - counted_;
            counted_ = K.products();
            const Minimal minimal = minimal_residuals(K, g, at, width);
            Matrix<Complex> galerkin(K.size(), g.cols());
            const Matrix<Complex> H = K.H().template cast<Complex>(), E = K.E().template cast<Complex>();
            for (Index i = 0; i < g.cols(); ++i) {
                Matrix<Complex> square = H;
                square.diagonal().array() -= systems_.shifts(i);
                galerkin.col(i) = square.partialPivLu().solve(minimal.rhs.col(i));
            }
            const Matrix<Complex> next = -(E * galerkin);
            bool grown = K.block() == 0 || !galerkin.allFinite();
            for (Index i = 0; i < g.cols(); ++i)
                grown = grown || next.col(i).norm() > kGrowth * std::max(norms_(i), systems_.targets(i));
            const bool last =
                minimal.enough || grown || products_ >= systems_.max_products || (systems_.single_run && too_large(K));
            add_combination<T>(W_, K.V(), last ? minimal.coordinates : galerkin);
            if (last && systems_.single_run) {
                norms_ = minimal.residuals;
                ritz_values_ = schur_form<T>(Matrix<T>(K.H())).values;
                basis_ = K.V();
                return;
            }
            if (last) {
                finish(K);
                return;
            }
            g = next;
            norms_ = g.colwise().norm().transpose();
            shrink(K);
            at = K.size(), width = K.block();
        }
    }

    bool too_large(const KrylovDecomposition<T>& K) const {
        return std::isfinite(systems_.radius) && K.size() >= 3 * K.block() &&
               schur_form<T>(Matrix<T>(K.H())).values.cwiseAbs().maxCoeff() > systems_.radius;
    }

    struct Minimal {
        Matrix<Complex> rhs, coordinates;
        Eigen::VectorXd residuals;
        bool enough = true;
    };

    /// Over the space of V, the residuals being `width` columns of V from `at` on times g.
    Minimal minimal_residuals(const KrylovDecomposition<T>& K, const Matrix<Complex>& g, Index at, Index width) const {
        const Index m = K.size(), b = K.block();
        Minimal minimal{Matrix<Complex>::Zero(m, g.cols()), Matrix<Complex>(m, g.cols()), Eigen::VectorXd(g.cols())};
        minimal.rhs.middleRows(at, width) = g;
        Matrix<Complex> tall(m + b, m);
        for (Index i = 0; i < g.cols(); ++i) {
            tall << K.H().template cast<Complex>(), K.E().template cast<Complex>();
            tall.diagonal().array() -= systems_.shifts(i);
            Vector<Complex> rhs = Vector<Complex>::Zero(m + b);
            rhs.head(m) = minimal.rhs.col(i);
            minimal.coordinates.col(i) = tall.householderQr().solve(rhs);
            minimal.residuals(i) = (rhs - tall * minimal.coordinates.col(i)).norm();
            minimal.enough = minimal.enough && minimal.residuals(i) <= 0.5 * systems_.targets(i);
        }
        return minimal;
    }

    /// The true residuals of W, one block product.
    void finish(KrylovDecomposition<T>& K) {
        const Block<T> parts = parts_of<T>(W_);
        Block<T> products(parts.rows(), parts.cols());
        K.apply(parts, products);
        products_ += K.products() - counted_;
        counted_ = 0;
        R_ = first_ - whole_of<T>(products) + W_ * systems_.shifts.asDiagonal();
        norms_ = norms<Complex>(R_, sum_, "projected_gmres: the residual");
    }

    /// V ← the half of its Schur vectors whose Ritz values are nearest to the shifts.
    void shrink(KrylovDecomposition<T>& K) const {
        SchurForm schur = schur_form<T>(Matrix<T>(K.H()));
        const Index m = schur.values.size();
        std::vector<std::pair<double, std::vector<Index>>> units;
        for (Index i = 0; i < m; ++i) {
            const bool pair = std::same_as<T, double> && schur.values(i).imag() > 0.0;
            double distance = std::numeric_limits<double>::infinity();
            for (const Complex shift : systems_.shifts) {
                distance = std::min(distance, std::abs(schur.values(i) - shift));
                if (pair) distance = std::min(distance, std::abs(std::conj(schur.values(i)) - shift));
            }
            units.push_back({distance, pair ? std::vector<Index>{i, i + 1} : std::vector<Index>{i}});
            if (pair) ++i;
        }
        std::stable_sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<Index> order;
        const auto keep = static_cast<std::size_t>(std::max<Index>(1, (m - K.block()) / 2));
        std::size_t p = 0;
        for (const auto& unit : units) {
            if (order.size() < keep) p = order.size() + unit.second.size();
            order.insert(order.end(), unit.second.begin(), unit.second.end());
        }
        reorder(schur, order);
        K.restart(leading_basis<T>(schur, static_cast<Index>(p)));
    }

    const Apply& C_;
    const Sum& sum_;
    const ShiftedSystems& systems_;
    Block<Complex> R_, W_;
    const Block<Complex> first_ = R_;
    Eigen::VectorXd norms_;
    Index products_ = 0, counted_ = 0, iterations_ = 0;
    Eigen::VectorXcd ritz_values_;
    Block<T> basis_;
};

}  // namespace

template <ScalarType T>
ShiftedSolution shifted_krylov_solve(const typename KrylovDecomposition<T>::Apply& C, const Block<Complex>& R,
                                     const ShiftedSystems& systems, const Sum& sum, Block<T>* basis) {
    ShiftedKrylov<T> krylov(C, R, systems, sum);
    ShiftedSolution solution = krylov.solve();
    if (basis) *basis = std::move(krylov.basis());
    return solution;
}

template ShiftedSolution shifted_krylov_solve<double>(const KrylovDecomposition<double>::Apply&, const Block<Complex>&,
                                                      const ShiftedSystems&, const Sum&, Block<double>*);
template ShiftedSolution shifted_krylov_solve<Complex>(const KrylovDecomposition<Complex>::Apply&,
                                                       const Block<Complex>&, const ShiftedSystems&, const Sum&,
                                                       Block<Complex>*);

}  // namespace lambdabar
