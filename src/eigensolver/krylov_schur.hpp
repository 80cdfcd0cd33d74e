#pragma once
#include "krylov_decomposition.hpp"
#include "ordered_schur.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// What Krylov–Schur is asked for. Values are those of C, the operator it iterates with.
struct KrylovSchurTask {
    Index k = 1;
    std::function<double(std::complex<double>)> merit = {};  // larger: wanted more; equal for conjugates if C is real
    bool relative = false;  // residuals are held against tol·|value|, else against tol·max |value| met
    double tol = 1e-10;
    double cluster_tol = 1e-10;  // likewise
    Index block = 1, basis = 0;  // 0: chosen
    Index max_products = 0;      // 0: generous
    bool probe = true;
    bool give_up = false;  // where another method would do better: many cycles to go, or a probe that takes long
    std::uint64_t seed = 1;
    std::function<bool(const Eigen::VectorXcd& values, const Eigen::VectorXd& residuals, Index converged,
                       Index iteration, Index products)>
        monitor = {};
};

struct KrylovSchurResult {
    Eigen::VectorXcd values;               // k, by descending merit
    Matrix<std::complex<double>> vectors;  // n×k, unit columns
    Eigen::VectorXd residuals;             // ‖C x − value x‖, computed anew
    Eigen::VectorXd allowed;               // what each was held against
    bool converged = false, probed = false;
    bool gave_up = false;      // the task asked for it; vectors are there if the values are
    Eigen::VectorXcd outline;  // Ritz values of all cycles
    std::complex<double> cut{std::numeric_limits<double>::quiet_NaN(), 0.0};  // most wanted value that a filter damped
    StopReason reason = StopReason::iteration_limit;
    std::complex<double> guard_value{std::numeric_limits<double>::quiet_NaN(), 0.0};  // next beyond the k
    double guard_residual = std::numeric_limits<double>::quiet_NaN();
    double scale = 0.0;      // largest |value| met
    double departure = 0.0;  // √(‖H‖_F² − Σ|θ|²)/‖H‖_F of the last projected matrix
    Index products = 0, iterations = 0, basis_size = 0;
};

/// Krylov–Schur (Stewart 2001) for the k eigenvalues of C with the largest merit; for a real C in real arithmetic, with
/// conjugate pairs kept together and returned as conjugates to the last bit.
///
/// One cycle: expand V to its full size; Schur form of H with the wanted values first; keep the leading half. A Ritz
/// vector V z has the residual ‖E z‖. When the k and the guard beyond them are settled, a random vector orthogonal to
/// them starts a Krylov space of what is left (the probe): it must see a missed copy of a wanted eigenvalue as its
/// outermost Ritz value, and if it does, the search goes on with it.
template <ScalarType T>
class KrylovSchur {
public:
    KrylovSchur(typename KrylovDecomposition<T>::Apply C, Index n, const KrylovSchurTask& task, const Sum& sum);

    /// `start`: columns whose span is tested first, then whose sum starts the space; may be empty.
    KrylovSchurResult solve(const Block<T>& start);

private:
    struct Ritz {
        SchurForm schur;                       // by descending merit, conjugates beside each other
        Matrix<std::complex<double>> vectors;  // of H
        Eigen::VectorXd residuals, allowed, merit;
    };

    void begin(const Block<T>& start);
    void rayleigh_ritz();
    bool settled();         // search: k values and the guard
    bool nothing_missed();  // probe
    bool hidden_beside(const std::vector<bool>& taken, double worst) const;
    bool slow() const;
    void start_probe();
    void keep_half();
    Index closed(Index p) const { return closed_count<T>(ritz_.schur.values, p); }
    double distance(Index i) const {
        return task_.cluster_tol * (task_.relative ? std::abs(ritz_.schur.values(i)) : scale_);
    }
    void report(KrylovSchurResult& out) const;
    KrylovSchurResult result(StopReason reason);

    KrylovSchurTask task_;
    const Sum& sum_;
    Index n_, global_n_, k_, capacity_;
    KrylovDecomposition<T> K_;
    Ritz ritz_;
    double scale_ = 0.0;
    bool probing_ = false, probed_ = false, found_ = false;
    Eigen::VectorXcd known_;  // values the probe started beside
    std::complex<double> guard_{std::numeric_limits<double>::quiet_NaN(), 0.0};
    double guard_residual_ = std::numeric_limits<double>::quiet_NaN();
    Index iterations_ = 0, basis_size_ = 0, half_way_ = -1, probe_steps_ = 0;
    std::vector<std::complex<double>> outline_;
};

}  // namespace lambdabar
