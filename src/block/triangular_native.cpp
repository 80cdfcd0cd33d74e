#include "triangular_native.hpp"

#include "pack_native.hpp"

namespace lambdabar::native {

namespace {

template <int L>
struct RealRow {
    static constexpr Size kDoubles = L, kValue = 1;
    Pack<L> re;

    static RealRow at(const double* y) { return {load<L>(y)}; }
    void put(double* y) const { store<L>(y, re); }
    void scale(double s) { re *= s; }
    /// this −= a x
    void subtract(const double* a, const RealRow& x) { re -= *a * x.re; }
    /// this −= conj(a) x
    void subtract_conjugate(const double* a, const RealRow& x) { re -= *a * x.re; }
};

template <int L>
struct ComplexRow {
    static constexpr Size kDoubles = 2 * L, kValue = 2;
    Pack<L> re, im;

    static ComplexRow at(const double* y) { return {load<L>(y), load<L>(y + L)}; }
    void put(double* y) const {
        store<L>(y, re);
        store<L>(y + L, im);
    }
    void scale(double s) {
        re *= s;
        im *= s;
    }
    void subtract(const double* a, const ComplexRow& x) {
        re -= a[0] * x.re;
        im -= a[0] * x.im;
        re += a[1] * x.im;
        im -= a[1] * x.re;
    }
    void subtract_conjugate(const double* a, const ComplexRow& x) {
        re -= a[0] * x.re;
        im -= a[0] * x.im;
        re -= a[1] * x.im;
        im += a[1] * x.re;
    }
};

/// The entries of column k + j of the panel [k, k + P): inside the panel, and below it.
template <class Row, int P>
struct Panel {
    Size k, below;
    const int* row;
    const double* inside[P];
    const double* value[P];

    Panel(const LdltFactors& factors, Size first) : k(first) {
        for (int j = 0; j < P; ++j) {
            inside[j] = factors.value + Row::kValue * (factors.start[k + j] + factors.skip);
            value[j] = inside[j] + Row::kValue * (P - 1 - j);
        }
        row = factors.row + factors.start[k + P - 1] + factors.skip;
        below = factors.start[k + P] - factors.start[k + P - 1] - factors.skip;
    }
    /// L(k + i, k + j), i > j
    const double* entry(int i, int j) const { return inside[j] + Row::kValue * (i - j - 1); }
};

template <class Row, int P>
void forward(const LdltFactors& factors, Size k, double* y) {
    const Panel<Row, P> panel(factors, k);
    Row x[P];
    for (int i = 0; i < P; ++i) {
        x[i] = Row::at(y + (k + i) * Row::kDoubles);
        for (int j = 0; j < i; ++j) x[i].subtract(panel.entry(i, j), x[j]);
        x[i].put(y + (k + i) * Row::kDoubles);
    }
    for (Size e = 0; e < panel.below; ++e) {
        double* place = y + panel.row[e] * Row::kDoubles;
        Row r = Row::at(place);
        for (int j = 0; j < P; ++j) r.subtract(panel.value[j] + Row::kValue * e, x[j]);
        r.put(place);
    }
}

template <class Row, int P>
void backward(const LdltFactors& factors, Size k, double* y) {
    const Panel<Row, P> panel(factors, k);
    Row x[P];
    for (int j = 0; j < P; ++j) {
        x[j] = Row::at(y + (k + j) * Row::kDoubles);
        x[j].scale(1.0 / factors.diagonal[k + j]);
    }
    for (Size e = 0; e < panel.below; ++e) {
        const Row r = Row::at(y + panel.row[e] * Row::kDoubles);
        for (int j = 0; j < P; ++j) x[j].subtract_conjugate(panel.value[j] + Row::kValue * e, r);
    }
    for (int j = P - 1; j >= 0; --j) {
        for (int i = j + 1; i < P; ++i) x[j].subtract_conjugate(panel.entry(i, j), x[i]);
        x[j].put(y + (k + j) * Row::kDoubles);
    }
}

template <class Row>
void sweep(const LdltFactors& factors, double* y) {
    for (Size p = 0; p < factors.panels; ++p) {
        const Size k = factors.panel[p];
        switch (factors.panel[p + 1] - k) {
            case 1:
                forward<Row, 1>(factors, k, y);
                break;
            case 2:
                forward<Row, 2>(factors, k, y);
                break;
            case 3:
                forward<Row, 3>(factors, k, y);
                break;
            default:
                forward<Row, 4>(factors, k, y);
                break;
        }
    }
    for (Size p = factors.panels - 1; p >= 0; --p) {
        const Size k = factors.panel[p];
        switch (factors.panel[p + 1] - k) {
            case 1:
                backward<Row, 1>(factors, k, y);
                break;
            case 2:
                backward<Row, 2>(factors, k, y);
                break;
            case 3:
                backward<Row, 3>(factors, k, y);
                break;
            default:
                backward<Row, 4>(factors, k, y);
                break;
        }
    }
}

}  // namespace

void solve_ldlt(const LdltFactors& factors, double* y, int lanes) {
    switch (lanes) {
        case 1:
            return sweep<RealRow<1>>(factors, y);
        case 2:
            return sweep<RealRow<2>>(factors, y);
        case 4:
            return sweep<RealRow<4>>(factors, y);
        default:
            return sweep<RealRow<8>>(factors, y);
    }
}

void solve_ldlt_complex(const LdltFactors& factors, double* y, int lanes) {
    switch (lanes) {
        case 1:
            return sweep<ComplexRow<1>>(factors, y);
        case 2:
            return sweep<ComplexRow<2>>(factors, y);
        case 4:
            return sweep<ComplexRow<4>>(factors, y);
        default:
            return sweep<ComplexRow<8>>(factors, y);
    }
}

}  // namespace lambdabar::native
