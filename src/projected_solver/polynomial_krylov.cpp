#include "polynomial_krylov.hpp"

#include "eigensolver/ordered_schur.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
constexpr double kMargin = 0.05;  // by which the spectrum is taken to reach beyond the Ritz values
constexpr double kRange = 10.0;   // log of what p may set shifts, and what is projected out, apart
constexpr double kSteps = 10.0;   // that p(C) should need: fewer trust the ellipse more, more orthogonalize more
constexpr Index kMostSteps = 12;  // with one polynomial, of a wide block; twice as many of one or two columns
constexpr Index kMostDegree = 500;
constexpr Index kPatience = 2;     // polynomials that do not lead to a tenth
constexpr Index kFirstCycle = 20;  // vectors

template <ScalarType T>
class PolynomialKrylov {
public:
    PolynomialKrylov(const ProjectedOperator<T>& C, const Block<Complex>& R, const ShiftedSystems& systems,
                     const Sum& sum)
        : C_(C), systems_(systems), sum_(sum), given_(R), R_(R), W_(zeros<Complex>(R.rows(), R.cols())) {
        norms_ = norms<Complex>(R_, sum_, "projected_gmres: the right side");
    }

    ShiftedSolution solve() {
        const typename KrylovDecomposition<T>::Apply apply = [this](In<T> X, Out<T> Y) {
            C_.product(X, 0.0, 1.0, 0.0, Y);
            C_.project(Y);
        };
        if (!done()) first_cycle(apply);
        for (Index failures = 0; !done() && products_ < systems_.max_products;) {
            const std::optional<ChebyshevPolynomial> p = choose();
            if (!p || p->degree * capacity() > systems_.max_products - products_) break;
            const double before = excess();
            run(*p);
            if (!(excess() < 0.1 * before) && ++failures > kPatience) break;
        }
        if (!done() && products_ < systems_.max_products) {
            ShiftedSystems rest = systems_;
            rest.max_products -= products_;
            const ShiftedSolution found = shifted_krylov_solve<T>(apply, R_, rest, sum_);
            products_ += found.products;
            iterations_ += found.iterations;
            take(found.W);  // its residuals are relative to what was left, not to all of W
        }
        return {std::move(W_), norms_, products_, iterations_, {}, degree_};
    }

private:
    double excess() const { return norms_.cwiseQuotient(systems_.targets.cwiseMax(1e-300)).maxCoeff(); }
    bool done() const { return (norms_.array() <= systems_.targets.array()).all(); }

    Index capacity() const {
        const Index parts = std::same_as<T, double> ? 2 * R_.cols() : R_.cols();
        return kMostSteps * std::max<Index>(parts, 2);
    }

    void first_cycle(const typename KrylovDecomposition<T>::Apply& apply) {
        ShiftedSystems first = systems_;
        first.basis_size = kFirstCycle;
        first.max_products = 1;  // as many as there is room for
        first.single_run = true;
        ShiftedSolution found = shifted_krylov_solve<T>(apply, R_, first, sum_);
        products_ += found.products;
        iterations_ += found.iterations;
        rim_ = std::move(found.ritz_values);
        take(found.W);
    }

    std::optional<ChebyshevPolynomial> choose() const {
        std::vector<Complex> inside, outside(systems_.shifts.begin(), systems_.shifts.end());
        if (rim_.size() == 0) return std::nullopt;
        Complex middle = systems_.shifts.mean();
        if (std::same_as<T, double>) middle = middle.real();
        Complex farthest = rim_(0);
        for (const Complex z : rim_) {
            inside.push_back(z + kMargin * (z - middle));
            if (std::abs(z) > std::abs(farthest)) farthest = z;
        }
        // A few steps may not have come to the far end.
        if (std::abs(farthest) > 0.0 && C_.norm > std::abs(farthest))
            inside.push_back(farthest / std::abs(farthest) * C_.norm);
        inside.insert(inside.end(), C_.left.begin(), C_.left.end());
        if (std::same_as<T, double>) {
            for (const Complex z : C_.left) inside.push_back(std::conj(z));
        }
        inside = convex_hull(std::move(inside));
        const DampingEllipse ellipse = fit_ellipse(inside, outside, std::same_as<T, double>);
        double damped = -std::numeric_limits<double>::infinity(), least = -damped, most = damped, far = damped;
        for (const Complex z : inside) damped = std::max(damped, ellipse.growth(z));
        for (const Complex z : outside) {
            least = std::min(least, ellipse.growth(z));
            most = std::max(most, ellipse.growth(z));
        }
        for (const Complex z : C_.projected_out) far = std::max(far, ellipse.growth(z));
        const double gain = least - damped;
        if (!(gain > 1e-4)) return std::nullopt;
        double degree = std::max(std::log(2.0 * excess()) / gain / kSteps, 8.0);
        const double spread = std::max(most, far) - least;
        if (spread > 0.0) degree = std::min(degree, kRange / spread);
        if (degree < 4.0) return std::nullopt;
        return ChebyshevPolynomial{
            .ellipse = ellipse, .unit_growth = most, .degree = std::min(static_cast<Index>(degree), kMostDegree)};
    }

    void run(const ChebyshevPolynomial& p) {
        degree_ = p.degree;
        ShiftedSystems mapped = systems_;
        for (Complex& s : mapped.shifts) s = p.at(s);
        mapped.basis_size = capacity();
        mapped.max_products = 1;  // as many as there is room for
        mapped.single_run = true;
        const typename KrylovDecomposition<T>::Apply apply = [&](In<T> X, Out<T> Y) {
            Block<T> image = X;
            apply_polynomial<T>(p, C_.product, image);
            C_.project(image);
            Y = image;
        };
        // Where p is as large as at a shift, the ellipse is not around everything.
        mapped.radius = mapped.shifts.cwiseAbs().minCoeff();
        Block<T> basis;
        const ShiftedSolution found = shifted_krylov_solve<T>(apply, R_, mapped, sum_, &basis);
        products_ += p.degree * found.products;
        iterations_ += p.degree * found.iterations;
        if ((found.residuals.array() < 0.5 * norms_.array()).any()) {
            Block<T> Y = parts_of<T>(found.W);
            apply_quotient<T>(p, C_.product, systems_.shifts, Y);
            C_.project(Y);
            products_ += (p.degree - 1) * Y.cols();
            take(whole_of<T>(Y));
        }
        if (!done()) look_at(basis);
    }

    /// What p magnified shows in its Krylov space: Ritz values of C there join the rim.
    void look_at(const Block<T>& V) {
        Block<T> images(V.rows(), V.cols());
        C_.product(V, 0.0, 1.0, 0.0, images);
        C_.project(images);
        products_ += V.cols();
        const Eigen::VectorXcd values =
            schur_form<T>(gram<T>(V, images, sum_, "projected_gmres: the operator's product")).values;
        rim_.conservativeResize(rim_.size() + values.size());
        rim_.tail(values.size()) = values;
    }

    /// Adds to W, and computes the residuals.
    void take(const Block<Complex>& correction) {
        W_ += correction;
        const Block<T> parts = parts_of<T>(W_);
        Block<T> images(parts.rows(), parts.cols());
        C_.product(parts, 0.0, 1.0, 0.0, images);
        C_.project(images);
        products_ += parts.cols();
        R_ = given_ - whole_of<T>(images) + W_ * systems_.shifts.asDiagonal();
        norms_ = norms<Complex>(R_, sum_, "projected_gmres: the residual");
    }

    const ProjectedOperator<T>& C_;
    const ShiftedSystems& systems_;
    const Sum& sum_;
    const Block<Complex>& given_;
    Block<Complex> R_, W_;
    Eigen::VectorXd norms_;
    Eigen::VectorXcd rim_;  // Ritz values
    Index products_ = 0, iterations_ = 0, degree_ = 0;
};

}  // namespace

template <ScalarType T>
ShiftedSolution polynomial_krylov_solve(const ProjectedOperator<T>& C, const Block<Complex>& R,
                                        const ShiftedSystems& systems, const Sum& sum) {
    return PolynomialKrylov<T>(C, R, systems, sum).solve();
}

template ShiftedSolution polynomial_krylov_solve<double>(const ProjectedOperator<double>&, const Block<Complex>&,
                                                         const ShiftedSystems&, const Sum&);
template ShiftedSolution polynomial_krylov_solve<Complex>(const ProjectedOperator<Complex>&, const Block<Complex>&,
                                                          const ShiftedSystems&, const Sum&);

}  // namespace lambdabar
