#include "chebyshev_polynomial.hpp"

#include <lambdabar/block/kernels.hpp>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

/// p_j = T_j((z − c)/e)/T_j(r/e) by p_(j+1) = 2 s' (z − c) p_j − e² s s' p_(j−1), s' = 1/(2r − e² s), s = 1/r at first:
/// only e² enters, so that a real operator stays in real arithmetic for imaginary foci too.
class Recurrence {
public:
    explicit Recurrence(const ChebyshevPolynomial& p)
        : radius_(p.ellipse.real_semi_axis(p.unit_growth)), focal_square_(p.ellipse.focal_square), s_(1.0 / radius_) {}

    double first() const { return s_; }
    void advance() {
        const double next = 1.0 / (2.0 * radius_ - focal_square_ * s_);
        factor = 2.0 * next;
        earlier = focal_square_ * s_ * next;
        s_ = next;
    }
    double factor = 0.0, earlier = 0.0;  // p_(j+1) = factor (z − c) p_j − earlier p_(j−1)

private:
    double radius_, focal_square_, s_;
};

/// Multiplies y_i by complex numbers: Y diag(a), with real and imaginary parts as columns if T is real.
template <ScalarType T>
Matrix<T> diagonal_of(const Eigen::VectorXcd& a) {
    if constexpr (std::same_as<T, double>) {
        const Index c = a.size();
        Matrix<double> M(2 * c, 2 * c);
        M.topLeftCorner(c, c) = M.bottomRightCorner(c, c) = a.real().asDiagonal();
        M.topRightCorner(c, c) = a.imag().asDiagonal();
        M.bottomLeftCorner(c, c) = (-a.imag()).asDiagonal();
        return M;
    } else {
        return Matrix<T>(a.asDiagonal());
    }
}

}  // namespace

Complex ChebyshevPolynomial::at(Complex z) const {
    Recurrence recurrence(*this);
    Complex before = 1.0, value = recurrence.first() * (z - ellipse.center);
    for (Index j = 2; j <= degree; ++j) {
        recurrence.advance();
        const Complex next = recurrence.factor * (z - ellipse.center) * value - recurrence.earlier * before;
        before = value;
        value = next;
    }
    return value;
}

template <ScalarType T>
void apply_polynomial(const ChebyshevPolynomial& p, const FusedProduct<T>& C, Block<T>& X) {
    Block<T> Y(X.rows(), X.cols());
    Recurrence recurrence(p);
    C(X, p.ellipse.center, recurrence.first(), 0.0, Y);
    for (Index j = 2; j <= p.degree; ++j) {
        recurrence.advance();
        C(Y, p.ellipse.center, recurrence.factor, recurrence.earlier, X);
        X.swap(Y);
    }
    X.swap(Y);
}

// D_j = (p_j(C) − p_j(s))/(C − s) obeys the recurrence of p_j with a source term:
// D_(j+1) = factor ((C − c) D_j + p_j(s)) − earlier D_(j−1), D_0 = 0.
template <ScalarType T>
void apply_quotient(const ChebyshevPolynomial& p, const FusedProduct<T>& C, const Eigen::VectorXcd& shifts,
                    Block<T>& Y) {
    const Complex c = p.ellipse.center;
    Recurrence recurrence(p);
    const Block<T> source = Y;
    Block<T> D = zeros<T>(Y.rows(), Y.cols());
    scale_columns<T>(Y, Eigen::VectorXd::Constant(Y.cols(), recurrence.first()));  // D_1
    Eigen::VectorXcd before = Eigen::VectorXcd::Ones(shifts.size());
    Eigen::VectorXcd value = recurrence.first() * (shifts.array() - c).matrix();
    for (Index j = 2; j <= p.degree; ++j) {
        recurrence.advance();
        C(Y, c, recurrence.factor, recurrence.earlier, D);
        add_product<T>(D, source, diagonal_of<T>(recurrence.factor * value));
        Y.swap(D);
        const Eigen::VectorXcd next =
            recurrence.factor * (shifts.array() - c).matrix().cwiseProduct(value) - recurrence.earlier * before;
        before = value;
        value = next;
    }
}

#define LAMBDABAR_INSTANTIATE(T)                                                                                 \
    template void apply_polynomial<T>(const ChebyshevPolynomial&, const FusedProduct<T>&, Block<T>&);            \
    template void apply_quotient<T>(const ChebyshevPolynomial&, const FusedProduct<T>&, const Eigen::VectorXcd&, \
                                    Block<T>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
