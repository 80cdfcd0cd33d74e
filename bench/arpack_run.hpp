#pragma once
// One run of ARPACK's reverse communication, for every mode that the benches use.
#include "arpack_calls.hpp"
#include "peers.hpp"

#include <algorithm>
#include <complex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// What distinguishes the modes; names are those of ARPACK's documentation.
struct ArpackMode {
    int mode;           // 1: A x = λ x; 3: (A − σB)⁻¹B
    const char* bmat;   // "I" or "G"
    const char* which;  // which Ritz values are wanted
    double sigma = 0.0;
};

/// The arrays of one run; names and sizes are those of ARPACK's documentation.
template <class S>
struct ArpackRun {
    static constexpr bool real = std::same_as<S, double>;

    ArpackRun(const ArpackMode& problem, const PeerSettings& s, lambdabar::Vector<S> start)
        : mode(problem),
          n(static_cast<int>(start.size())),
          nev(static_cast<int>(s.k)),
          ncv(static_cast<int>(s.basis)),
          tol(s.tol),
          resid(std::move(start)) {
        lworkl = real ? ncv * (ncv + 8) : ncv * (3 * ncv + 5);
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
        iparam[6] = mode.mode;
        info = 1;  // resid holds the start vector
    }

    /// Until `ido` is 99, whose meaning before that is the caller's to act upon.
    void step() {
        if constexpr (real) {
            dsaupd_c(&ido, mode.bmat, n, mode.which, nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr,
                     workd.data(), workl.data(), lworkl, &info);
        } else {
            znaupd_c(&ido, mode.bmat, n, mode.which, nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr,
                     workd.data(), workl.data(), lworkl, rwork.data(), &info);
        }
    }

    /// The i-th place that ARPACK points to: 0 the argument, 1 where the result goes, 2 B times the argument.
    S* place(int i) { return workd.data() + ipntr[i] - 1; }

    /// Values ascending and vectors of a finished run; throws std::runtime_error if it has not converged.
    void extract(Solution<S>& solution) {
        if (info != 0 || iparam[4] < nev) {
            throw std::runtime_error("ARPACK: " + std::to_string(iparam[4]) + " of " + std::to_string(nev) +
                                     " converged, info = " + std::to_string(info));
        }
        // The Ritz vectors overwrite the first columns of v, which ARPACK allows.
        if constexpr (real) {
            dseupd_c(1, "A", select.data(), d.data(), v.data(), n, mode.sigma, mode.bmat, n, mode.which, nev, tol,
                     resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, &info);
        } else {
            zneupd_c(1, "A", select.data(), d.data(), v.data(), n, S(mode.sigma), workev.data(), mode.bmat, n,
                     mode.which, nev, tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(),
                     lworkl, rwork.data(), &info);
        }
        if (info != 0) throw std::runtime_error("ARPACK: extraction failed, info = " + std::to_string(info));

        std::vector<Index> order(static_cast<std::size_t>(nev));
        std::iota(order.begin(), order.end(), Index{0});
        std::sort(order.begin(), order.end(), [&](Index i, Index j) { return std::real(d(i)) < std::real(d(j)); });
        solution.values.resize(nev);
        solution.vectors.resize(n, nev);
        for (Index i = 0; i < nev; ++i) {
            solution.values(i) = std::real(d(order[static_cast<std::size_t>(i)]));
            solution.vectors.col(i) = v.col(order[static_cast<std::size_t>(i)]);
        }
    }

    ArpackMode mode;
    int n, nev, ncv, lworkl = 0, ido = 0, info = 0;
    double tol;
    int iparam[11] = {}, ipntr[14] = {};
    lambdabar::Matrix<S> v, workd;
    lambdabar::Vector<S> resid, workl, d, workev;
    Eigen::VectorXd rwork;
    std::vector<int> select;
};

}  // namespace bench
