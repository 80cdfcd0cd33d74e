#include "triangular_native.hpp"

#include "pack_native.hpp"

#include <initializer_list>

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

/// A row of two packs.
template <int A, int B>
struct PackPair {
    static constexpr Size kDoubles = A + B;
    Pack<A> first;
    Pack<B> second;

    explicit PackPair(const double* y) : first(load<A>(y)), second(load<B>(y + A)) {}
    PackPair() = default;
    void put(double* y) const {
        store<A>(y, first);
        store<B>(y + A, second);
    }
    void scale(double s) {
        first *= s;
        second *= s;
    }
};

/// A + B lanes: one wider pack would go through memory.
template <int A, int B>
struct WideRow : PackPair<A, B> {
    static constexpr Size kValue = 1;
    using PackPair<A, B>::PackPair, PackPair<A, B>::first, PackPair<A, B>::second;

    static WideRow at(const double* y) { return WideRow(y); }
    void subtract(const double* a, const WideRow& x) {
        first -= *a * x.first;
        second -= *a * x.second;
    }
    void subtract_conjugate(const double* a, const WideRow& x) { subtract(a, x); }
};

/// L real and L imaginary parts.
template <int L>
struct ComplexRow : PackPair<L, L> {
    static constexpr Size kValue = 2;
    using PackPair<L, L>::PackPair, PackPair<L, L>::first, PackPair<L, L>::second;

    static ComplexRow at(const double* y) { return ComplexRow(y); }
    void subtract(const double* a, const ComplexRow& x) {
        first -= a[0] * x.first;
        second -= a[0] * x.second;
        first += a[1] * x.second;
        second -= a[1] * x.first;
    }
    void subtract_conjugate(const double* a, const ComplexRow& x) {
        first -= a[0] * x.first;
        second -= a[0] * x.second;
        first -= a[1] * x.second;
        second += a[1] * x.first;
    }
};

/// The entries of the panel's columns: inside it, and below it.
template <class Row, int P>
struct Panel {
    const double* inside[P];
    const double* value[P];

    Panel(const LdltFactors& factors, const LdltPanel& panel) {
        for (int j = 0; j < P; ++j) {
            inside[j] = factors.value + Row::kValue * (factors.start[panel.column + j] + factors.skip);
            value[j] = inside[j] + Row::kValue * (P - 1 - j);
        }
    }
    /// Row i, column j, i > j.
    const double* entry(int i, int j) const { return inside[j] + Row::kValue * (i - j - 1); }
};

// A sweep loads every entry of L once (8 bytes, 16 if complex), a row number for every P of them, and reads and writes
// a row of y for every P. Columns of L are short streams that begin anew with each panel, so while one panel is worked
// on the neighbour that comes next is asked for, at the same pace.

template <class Row, int P>
void forward(const LdltFactors& factors, const LdltPanel& panel, const int* rows, double* y) {
    const Panel<Row, P> entries(factors, panel);
    constexpr std::uintptr_t kStep = P * Row::kValue * sizeof(double);
    const auto ahead = reinterpret_cast<std::uintptr_t>(entries.value[P - 1] + Row::kValue * panel.below);
    double* own = y + panel.place * Row::kDoubles;
    Row x[P];
    for (int i = 0; i < P; ++i) {
        x[i] = Row::at(own + i * Row::kDoubles);
        for (int j = 0; j < i; ++j) x[i].subtract(entries.entry(i, j), x[j]);
        x[i].put(own + i * Row::kDoubles);
    }
    for (Size e = 0; e < panel.below; ++e) {
        double* place = y + rows[e] * Row::kDoubles;
        Row r = Row::at(place);
        __builtin_prefetch(reinterpret_cast<const void*>(ahead + static_cast<std::uintptr_t>(e) * kStep), 0, 2);
        for (int j = 0; j < P; ++j) r.subtract(entries.value[j] + Row::kValue * e, x[j]);
        r.put(place);
    }
}

template <class Row, int P>
void backward(const LdltFactors& factors, const LdltPanel& panel, const int* rows, double* y) {
    const Panel<Row, P> entries(factors, panel);
    constexpr std::uintptr_t kStep = P * Row::kValue * sizeof(double);
    const auto ahead =
        reinterpret_cast<std::uintptr_t>(entries.inside[0]) - static_cast<std::uintptr_t>(panel.below) * kStep;
    double* own = y + panel.place * Row::kDoubles;
    Row x[P];
    for (int j = 0; j < P; ++j) {
        x[j] = Row::at(own + j * Row::kDoubles);
        x[j].scale(1.0 / factors.diagonal[panel.column + j]);
    }
    for (Size e = 0; e < panel.below; ++e) {
        const Row r = Row::at(y + rows[e] * Row::kDoubles);
        __builtin_prefetch(reinterpret_cast<const void*>(ahead + static_cast<std::uintptr_t>(e) * kStep), 0, 2);
        for (int j = 0; j < P; ++j) x[j].subtract_conjugate(entries.value[j] + Row::kValue * e, r);
    }
    for (int j = P - 1; j >= 0; --j) {
        for (int i = j + 1; i < P; ++i) x[j].subtract_conjugate(entries.entry(i, j), x[i]);
        x[j].put(own + j * Row::kDoubles);
    }
}

template <class Row>
struct Forward {
    template <int P>
    static void run(const LdltFactors& factors, const LdltPanel& panel, const int* rows, double* y) {
        forward<Row, P>(factors, panel, rows, y);
    }
};

template <class Row>
struct Backward {
    template <int P>
    static void run(const LdltFactors& factors, const LdltPanel& panel, const int* rows, double* y) {
        backward<Row, P>(factors, panel, rows, y);
    }
};

template <class Step>
void run_panel(const LdltFactors& factors, const LdltPanels& panels, Size p, double* y) {
    static_assert(kPanelColumns == 8);
    const LdltPanel& panel = panels.panel[p];
    const int* rows = panels.rows + panel.rows;
    switch (panel.columns) {
        case 1:
            return Step::template run<1>(factors, panel, rows, y);
        case 2:
            return Step::template run<2>(factors, panel, rows, y);
        case 3:
            return Step::template run<3>(factors, panel, rows, y);
        case 4:
            return Step::template run<4>(factors, panel, rows, y);
        case 5:
            return Step::template run<5>(factors, panel, rows, y);
        case 6:
            return Step::template run<6>(factors, panel, rows, y);
        case 7:
            return Step::template run<7>(factors, panel, rows, y);
        default:
            return Step::template run<8>(factors, panel, rows, y);
    }
}

template <class Row>
void sweep_forward(const LdltFactors& factors, const LdltPanels& panels, double* y) {
    for (Size p = 0; p < panels.count; ++p) run_panel<Forward<Row>>(factors, panels, p, y);
}

template <class Row>
void sweep_backward(const LdltFactors& factors, const LdltPanels& panels, double* y) {
    for (Size p = panels.count - 1; p >= 0; --p) run_panel<Backward<Row>>(factors, panels, p, y);
}

/// Calls sweep<Row>() with the row type of that many lanes.
template <class Sweep>
void with_real_row(int lanes, const Sweep& sweep) {
    switch (lanes) {
        case 2:
            return sweep.template operator()<RealRow<2>>();
        case 4:
            return sweep.template operator()<RealRow<4>>();
        case 8:
            return sweep.template operator()<RealRow<8>>();
        case 10:
            return sweep.template operator()<WideRow<8, 2>>();
        case 12:
            return sweep.template operator()<WideRow<8, 4>>();
        default:
            return sweep.template operator()<WideRow<8, 8>>();
    }
}

template <class Sweep>
void with_complex_row(int lanes, const Sweep& sweep) {
    switch (lanes) {
        case 2:
            return sweep.template operator()<ComplexRow<2>>();
        case 4:
            return sweep.template operator()<ComplexRow<4>>();
        default:
            return sweep.template operator()<ComplexRow<8>>();
    }
}

}  // namespace

int ldlt_lanes(int columns, bool complex) {
    // Not 1: compilers then multiply for several entries at once and round the products.
    for (const int lanes : {2, 4, 8, 10, 12, 16}) {
        if (lanes >= columns || (complex && lanes == 8)) return lanes;
    }
    return 16;
}

void ldlt_forward(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes) {
    with_real_row(lanes, [&]<class Row>() { sweep_forward<Row>(factors, panels, y); });
}
void ldlt_backward(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes) {
    with_real_row(lanes, [&]<class Row>() { sweep_backward<Row>(factors, panels, y); });
}
void ldlt_forward_complex(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes) {
    with_complex_row(lanes, [&]<class Row>() { sweep_forward<Row>(factors, panels, y); });
}
void ldlt_backward_complex(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes) {
    with_complex_row(lanes, [&]<class Row>() { sweep_backward<Row>(factors, panels, y); });
}

}  // namespace lambdabar::native
