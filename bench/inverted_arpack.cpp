#include "arpack_c.hpp"
#include "inverted.hpp"
#include "measure.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace bench {

namespace {

/// Mode 3, bmat = 'G'; names and sizes are those of ARPACK's documentation.
template <class S>
struct Workspace {
    static constexpr bool real = std::same_as<S, double>;

    Workspace(const InvertedPencil<S>& pencil, const PeerSettings& s)
        : n(static_cast<int>(pencil.rows)),
          nev(static_cast<int>(s.k)),
          ncv(static_cast<int>(s.basis)),
          tol(s.tol),
          sigma(pencil.sigma) {
        lworkl = real ? ncv * (ncv + 8) : ncv * (3 * ncv + 5);
        resid = start_vector(pencil);
        v.resize(n, ncv);
        workd.resize(n, 3);
        workl.resize(lworkl);
        rwork.resize(ncv);
        d.resize(nev + 1);
        workev.resize(2 * ncv);
        select.assign(static_cast<std::size_t>(ncv), 0);
        iparam[0] = 1;  // exact shifts
        iparam[2] = static_cast<int>(s.restarts);
        iparam[3] = 1;
        iparam[6] = 3;  // (A − σB)⁻¹B
        info = 1;       // resid holds the start vector
    }

    void step() {
        if constexpr (real) {
            dsaupd_c(&ido, "G", n, "LM", nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, &info);
        } else {
            znaupd_c(&ido, "G", n, "LM", nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, rwork.data(), &info);
        }
    }

    /// d = λ; the Ritz vectors overwrite the first columns of v.
    void extract() {
        if constexpr (real) {
            dseupd_c(1, "A", select.data(), d.data(), v.data(), n, sigma, "G", n, "LM", nev, tol, resid.data(), ncv,
                     v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, &info);
        } else {
            zneupd_c(1, "A", select.data(), d.data(), v.data(), n, S(sigma), workev.data(), "G", n, "LM", nev, tol,
                     resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, rwork.data(),
                     &info);
        }
    }

    S* place(int i) { return workd.data() + ipntr[i] - 1; }

    int n, nev, ncv, lworkl = 0, ido = 0, info = 0;
    double tol, sigma;
    int iparam[11] = {}, ipntr[14] = {};
    lambdabar::Matrix<S> v, workd;
    lambdabar::Vector<S> resid, workl, d, workev;
    Eigen::VectorXd rwork;
    std::vector<int> select;
};

}  // namespace

template <ScalarType S>
Solution<S> solve_arpack(const InvertedPencil<S>& pencil, const PeerSettings& settings) {
    set_blas_threads(settings.blas_threads);
    Workspace<S> w(pencil, settings);
    Solution<S> solution;
    solution.basis = settings.basis;
    solution.products = 1;
    lambdabar::Vector<S> Bx(pencil.rows);
    for (w.step(); w.ido != 99; w.step()) {
        if (w.ido == 2) {
            pencil.mass(w.place(0), w.place(1));
            continue;
        }
        if (w.ido == -1) pencil.mass(w.place(0), Bx.data());
        pencil.solve(w.ido == -1 ? Bx.data() : w.place(2), w.place(1));
        ++solution.products;
    }
    if (w.info != 0 || w.iparam[4] < w.nev) {
        throw std::runtime_error("ARPACK: " + std::to_string(w.iparam[4]) + " of " + std::to_string(w.nev) +
                                 " converged, info = " + std::to_string(w.info));
    }
    w.extract();
    if (w.info != 0) throw std::runtime_error("ARPACK: extraction failed, info = " + std::to_string(w.info));

    std::vector<Index> order(static_cast<std::size_t>(settings.k));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index i, Index j) { return std::real(w.d(i)) < std::real(w.d(j)); });
    solution.values.resize(settings.k);
    solution.vectors.resize(pencil.rows, settings.k);
    for (Index i = 0; i < settings.k; ++i) {
        solution.values(i) = std::real(w.d(order[static_cast<std::size_t>(i)]));
        solution.vectors.col(i) = w.v.col(order[static_cast<std::size_t>(i)]);
    }
    return solution;
}

template Solution<double> solve_arpack<double>(const InvertedPencil<double>&, const PeerSettings&);
template Solution<std::complex<double>> solve_arpack<std::complex<double>>(const InvertedPencil<std::complex<double>>&,
                                                                           const PeerSettings&);

}  // namespace bench
