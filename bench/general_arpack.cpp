#include "arpack_calls.hpp"
#include "general_peers.hpp"
#include "measure.hpp"

#include <lambdabar/block/kernels.hpp>

#include <stdexcept>
#include <vector>

namespace bench {

namespace {

using Complex = std::complex<double>;

[[noreturn]] void fail(const char* what, int converged, int info) {
    throw std::runtime_error(std::string("ARPACK: ") + what + ", " + std::to_string(converged) +
                             " converged, info = " + std::to_string(info));
}

}  // namespace

template <ScalarType S>
GeneralSolution solve_arpack(const lambdabar::SparseGeneral<S>& A, const PeerSettings& settings) {
    using lambdabar::Block;
    constexpr bool real = std::same_as<S, double>;
    set_blas_threads(settings.blas_threads);
    const int n = static_cast<int>(A.rows()), nev = static_cast<int>(settings.k),
              ncv = static_cast<int>(settings.basis);
    const int lworkl = real ? 3 * ncv * ncv + 6 * ncv : 3 * ncv * ncv + 5 * ncv;
    Block<S> resid(n, 1);
    lambdabar::fill_random<S>(resid, 1, 0);
    lambdabar::Matrix<S> v(n, ncv), workd(n, 3);
    lambdabar::Vector<S> workl(lworkl), workev(3 * ncv);
    Eigen::VectorXd rwork(ncv);
    int iparam[11] = {}, ipntr[14] = {}, ido = 0, info = 1;
    iparam[0] = 1;
    iparam[2] = static_cast<int>(settings.restarts);
    iparam[3] = 1;
    iparam[6] = 1;
    GeneralSolution solution;
    solution.basis = settings.basis;
    while (true) {
        if constexpr (real) {
            dnaupd_c(&ido, "I", n, "LR", nev, settings.tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, &info);
        } else {
            znaupd_c(&ido, "I", n, "LR", nev, settings.tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(),
                     workl.data(), lworkl, rwork.data(), &info);
        }
        if (ido != 1 && ido != -1) break;
        A.apply(Eigen::Map<const Block<S>>(workd.data() + ipntr[0] - 1, n, 1),
                Eigen::Map<Block<S>>(workd.data() + ipntr[1] - 1, n, 1));
        ++solution.products;
    }
    if (info != 0 || iparam[4] < nev) fail("not all found", iparam[4], info);
    std::vector<int> select(static_cast<std::size_t>(ncv), 0);
    solution.values.resize(nev);
    solution.vectors.resize(n, nev);
    if constexpr (real) {
        Eigen::VectorXd re(nev + 1), im(nev + 1);
        lambdabar::Matrix<double> z(n, nev + 1);
        dneupd_c(1, "A", select.data(), re.data(), im.data(), z.data(), n, 0.0, 0.0, workev.data(), "I", n, "LR", nev,
                 settings.tol, resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl,
                 &info);
        if (info != 0) fail("extraction failed", iparam[4], info);
        for (int i = 0; i < nev; ++i) {
            solution.values(i) = {re(i), im(i)};
            if (im(i) == 0.0) {
                solution.vectors.col(i) = z.col(i).cast<Complex>();
            } else if (i > 0 && im(i) == -im(i - 1) && re(i) == re(i - 1) && im(i) < 0.0) {
                solution.vectors.col(i) = solution.vectors.col(i - 1).conjugate();
            } else {
                solution.vectors.col(i) = z.col(i).cast<Complex>() + Complex(0, 1) * z.col(i + 1).cast<Complex>();
            }
        }
    } else {
        lambdabar::Vector<Complex> d(nev + 1);
        zneupd_c(1, "A", select.data(), d.data(), v.data(), n, 0.0, workev.data(), "I", n, "LR", nev, settings.tol,
                 resid.data(), ncv, v.data(), n, iparam, ipntr, workd.data(), workl.data(), lworkl, rwork.data(),
                 &info);
        if (info != 0) fail("extraction failed", iparam[4], info);
        solution.values = d.head(nev);
        solution.vectors = v.leftCols(nev);
    }
    return solution;
}

template GeneralSolution solve_arpack<double>(const lambdabar::SparseGeneral<double>&, const PeerSettings&);
template GeneralSolution solve_arpack<Complex>(const lambdabar::SparseGeneral<Complex>&, const PeerSettings&);

}  // namespace bench
