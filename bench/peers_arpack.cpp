#include "arpack_c.hpp"
#include "measure.hpp"
#include "peers.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace bench {

namespace {

using lambdabar::Block;

/// The arrays of one run; names and sizes are those of ARPACK's documentation.
template <class S>
struct Workspace {
    static constexpr bool real = std::same_as<S, double>;

    Workspace(Index rows, const PeerSettings& s)
        : n(static_cast<int>(rows)), nev(static_cast<int>(s.k)), ncv(static_cast<int>(s.basis)), tol(s.tol) {
        lworkl = real ? ncv * (ncv + 8) : ncv * (3 * ncv + 5);
        resid.resize(rows, 1);
        lambdabar::fill_random<S>(resid, 1, 0);
        v.resize(rows, s.basis);
        workd.resize(rows, 3);
        workl.resize(lworkl);
        rwork.resize(ncv);
        d.resize(nev + 1);
        workev.resize(2 * ncv);
        select.assign(static_cast<std::size_t>(ncv), 0);
        iparam[0] = 1;  // exact shifts
        iparam[2] = static_cast<int>(s.restarts);
        iparam[3] = 1;
        iparam[6] = 1;  // A x = λ x
        info = 1;       // resid holds the start vector
    }

    void step() {
        if constexpr (real) {
            dsaupd_c(&ido, "I", n, "SA", nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, &info);
        } else {
            znaupd_c(&ido, "I", n, "SR", nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, rwork.data(), &info);
        }
    }

    /// The Ritz vectors overwrite the first columns of v, which ARPACK allows.
    void extract() {
        if constexpr (real) {
            dseupd_c(1, "A", select.data(), d.data(), v.data(), n, 0.0, "I", n, "SA", nev, tol, resid.data(), ncv,
                     v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, &info);
        } else {
            zneupd_c(1, "A", select.data(), d.data(), v.data(), n, S{}, workev.data(), "I", n, "SR", nev, tol,
                     resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, rwork.data(),
                     &info);
        }
    }

    int n, nev, ncv, lworkl = 0, ido = 0, info = 0;
    double tol;
    int iparam[11] = {}, ipntr[14] = {};
    Block<S> resid;
    lambdabar::Matrix<S> v, workd;
    lambdabar::Vector<S> workl, d, workev;
    Eigen::VectorXd rwork;
    std::vector<int> select;
};

}  // namespace

template <ScalarType S>
Solution<S> solve_arpack(const lambdabar::SparseHermitian<S>& A, const PeerSettings& settings) {
    set_blas_threads(settings.blas_threads);
    const Index n = A.rows();
    Workspace<S> w(n, settings);
    Solution<S> solution;
    solution.basis = settings.basis;
    for (w.step(); w.ido == 1 || w.ido == -1; w.step()) {
        A.apply(Eigen::Map<const Block<S>>(w.workd.data() + w.ipntr[0] - 1, n, 1),
                Eigen::Map<Block<S>>(w.workd.data() + w.ipntr[1] - 1, n, 1));
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
    solution.vectors.resize(n, settings.k);
    for (Index i = 0; i < settings.k; ++i) {
        solution.values(i) = std::real(w.d(order[static_cast<std::size_t>(i)]));
        solution.vectors.col(i) = w.v.col(order[static_cast<std::size_t>(i)]);
    }
    return solution;
}

template Solution<double> solve_arpack<double>(const lambdabar::SparseHermitian<double>&, const PeerSettings&);
template Solution<std::complex<double>> solve_arpack<std::complex<double>>(
    const lambdabar::SparseHermitian<std::complex<double>>&, const PeerSettings&);

}  // namespace bench
