// From the right eigenvectors to the left ones and what is said about both.
#include "general_search.hpp"

#include "biorthonormal.hpp"
#include "filtered_search.hpp"
#include "general_transform.hpp"
#include "krylov_schur.hpp"
#include "ritz_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

std::function<double(Complex)> merit_of(Which which, bool real) {
    switch (which) {
        case Which::rightmost:
            return [](Complex z) { return z.real(); };
        case Which::leftmost:
            return [](Complex z) { return -z.real(); };
        case Which::largest_imaginary:
            if (real) return [](Complex z) { return std::abs(z.imag()); };
            return [](Complex z) { return z.imag(); };
        default:
            return [](Complex z) { return std::abs(z); };
    }
}

/// The columns of X in T: for a real T their real and imaginary parts.
template <ScalarType T>
Block<T> span_in(const Matrix<Complex>& X) {
    if constexpr (std::same_as<T, double>) {
        Block<double> parts(X.rows(), 2 * X.cols());
        parts.leftCols(X.cols()) = X.real();
        parts.rightCols(X.cols()) = X.imag();
        return parts;
    } else {
        return X;
    }
}

template <ScalarType S, ScalarType T>
class GeneralSearch {
public:
    GeneralSearch(const GeneralPencil<S>& pencil, const EigsOptions<S>& options, Complex sigma, GeneralSolve<T> solve)
        : pencil_(pencil), options_(options), transform_(pencil, sigma, std::move(solve)), sigma_(sigma) {}

    GeneralEigenpairs<S> pairs() {
        const KrylovSchurResult right = run(false, options_.probe, span_in<T>(options_.start), true);
        GeneralEigenpairs<S> pairs;
        take(right, pairs);
        const Index k = pairs.size();
        if (k < options_.k) return pairs;
        Eigen::VectorXd distances(k);
        for (Index i = 0; i < k; ++i) distances(i) = cluster_distance(pairs, i);
        pairs.clusters = linked_values(pairs.values, distances, pairs.residuals);
        pairs.errors = pairs.residuals;
        if (options_.left && pairs.converged) add_left(distances, pairs);
        judge(pairs);
        if (filtered_) pairs.engine = ", blocks under a Chebyshev filter";
        return pairs;
    }

private:
    /// Products in blocks must be cheap, the polynomial must know the end of the spectrum that is wanted, and a small
    /// operator is better off with Krylov–Schur.
    bool may_filter() const {
        const bool an_end = options_.which == Which::rightmost || options_.which == Which::leftmost;
        return an_end && transform_.products_only() && options_.block_size == 0 && options_.basis_size == 0 &&
               options_.sum.total(transform_.rows()) > 60 * FilteredSearch<T>::width(options_.k);
    }

    KrylovSchurResult run(bool adjoint, bool probe, const Block<T>& start, bool watched) {
        KrylovSchurTask task{.k = options_.k,
                             .relative = transform_.inverted(),
                             .tol = options_.tol,
                             .cluster_tol = options_.cluster_tol,
                             .block = std::max<Index>(options_.block_size, 1),
                             .basis = options_.basis_size,
                             .max_products = options_.max_products,
                             .probe = probe,
                             .seed = options_.seed + (adjoint ? 1 : 0)};
        if (task.basis == 0 && transform_.inverted())
            task.basis = std::max<Index>({2 * task.k + 6, task.k + 12 * task.block, 20});
        if (task.max_products == 0 && transform_.inverted()) task.max_products = 2000 + 100 * task.k;
        const auto merit = merit_of(options_.which, std::same_as<S, double>);
        if (transform_.inverted()) {
            task.merit = [](Complex mu) { return std::abs(mu); };
        } else {
            task.merit = [merit, adjoint](Complex mu) { return merit(adjoint ? std::conj(mu) : mu); };
        }
        if (watched && options_.monitor) {
            task.monitor = [this](const Eigen::VectorXcd& mu, const Eigen::VectorXd& residuals, Index converged,
                                  Index iteration, Index products) {
                Progress progress{.iteration = iteration,
                                  .products = products,
                                  .converged = converged,
                                  .wanted = options_.k,
                                  .ritz_values = Eigen::VectorXd(mu.size()),
                                  .residuals = residuals};
                for (Index i = 0; i < mu.size(); ++i)
                    progress.ritz_values(i) = transform_.to_lambda(false, mu(i)).real();
                return options_.monitor(progress);
            };
        }
        const auto apply = [this, adjoint](In<T> X, Out<T> Y) { transform_.apply(adjoint, X, Y); };
        const auto fused = [this, adjoint](In<T> X, Complex shift, double scale, double beta, Out<T> Y) {
            transform_.apply_shifted(adjoint, X, shift, scale, beta, Y);
        };
        Index products = 0, iterations = 0;  // of what came before
        const auto with_earlier = [&](KrylovSchurResult result) {
            result.products += products;
            result.iterations += iterations;
            return result;
        };
        const auto spend = [&](const KrylovSchurResult& result) {
            products += result.products;
            iterations += result.iterations;
            if (options_.max_products > 0) task.max_products = std::max<Index>(options_.max_products - products, 1);
        };
        if (!adjoint && may_filter()) {
            task.give_up = true;
            seen_ = KrylovSchur<T>(apply, transform_.rows(), task, options_.sum).solve(start);
            if (!seen_.gave_up) return std::exchange(seen_, {});
            task.give_up = false;
            spend(seen_);
        }
        // The filter's norm is that of its values only near normality.
        if (std::exchange(seen_.gave_up, false) && seen_.departure <= 0.5) {
            FilteredSearch<T> search(fused, transform_.rows(), task, seen_, options_.sum);
            KrylovSchurResult filtered = search.solve(start, adjoint);
            if (!adjoint && filtered.converged) {
                filtered_ = true;
                seen_ = filtered;
                seen_.outline = seen_.outline.conjugate().eval();
                seen_.values = seen_.values.conjugate().eval();
                seen_.cut = std::conj(seen_.cut);
                seen_.gave_up = true;
            }
            if (filtered.converged || filtered.reason == StopReason::stopped_by_monitor)
                return with_earlier(std::move(filtered));
            spend(filtered);
        }
        return with_earlier(KrylovSchur<T>(apply, transform_.rows(), task, options_.sum).solve(start));
    }

    /// A residual of C in units of λ: |dλ| = |dμ|/|μ|² for λ = σ + 1/μ.
    double in_lambda(Complex mu, double residual) const {
        return transform_.inverted() ? residual / std::norm(mu) : residual;
    }

    void count(const KrylovSchurResult& result, GeneralEigenpairs<S>& pairs) const {
        const bool product = !transform_.inverted();
        if (product) pairs.products += result.products;
        if (!product || pencil_.B) pairs.solves += result.products;
        pairs.iterations += result.iterations;
        pairs.basis_size = std::max(pairs.basis_size, result.basis_size);
    }

    void take(const KrylovSchurResult& right, GeneralEigenpairs<S>& pairs) const {
        const Index k = right.values.size();
        pairs.which = options_.which;
        pairs.tol = options_.tol;
        pairs.cluster_tol = options_.cluster_tol;
        pairs.sigma = sigma_;
        pairs.values.resize(k);
        pairs.residuals.resize(k);
        for (Index i = 0; i < k; ++i) {
            pairs.values(i) = transform_.to_lambda(false, right.values(i));
            pairs.residuals(i) = in_lambda(right.values(i), right.residuals(i));
        }
        pairs.vectors = right.vectors;
        pairs.norm_A = transform_.inverted() ? pairs.values.cwiseAbs().maxCoeff() : right.scale;
        pairs.converged = right.converged;
        pairs.reason = right.reason;
        pairs.probed = right.probed;
        if (!std::isnan(right.guard_value.real())) {
            pairs.guard_value = transform_.to_lambda(false, right.guard_value);
            pairs.guard_residual = in_lambda(right.guard_value, right.guard_residual);
        }
        pairs.departure_from_normality = right.departure;
        count(right, pairs);
        if constexpr (std::same_as<S, double> && std::same_as<T, Complex>) pair_up(pairs);
        if constexpr (std::same_as<S, double>) {
            const Complex last = pairs.values(k - 1);
            bool partner = last.imag() == 0.0;
            for (Index i = 0; i < k; ++i) partner = partner || pairs.values(i) == std::conj(last);
            pairs.cuts_conjugate_pair = !partner;
        }
    }

    /// A real pencil with a complex shift: conjugates are made so to the last bit, real values and vectors real.
    static void pair_up(GeneralEigenpairs<double>& pairs) {
        const Index k = pairs.size();
        for (Index i = 0; i < k; ++i) {
            const Complex value = pairs.values(i);
            const double allowed = 10.0 * pairs.residuals(i);
            Vector<Complex> x = pairs.vectors.col(i);
            if (std::abs(value.imag()) <= allowed) {
                turn_to_real(x);
                pairs.values(i) = value.real();
                if (x.imag().norm() > 1e-6) continue;  // one of a double value: no real direction of its own
                pairs.vectors.col(i) = x.real().normalized().cast<Complex>();
                continue;
            }
            for (Index j = i + 1; j < k; ++j) {
                if (std::abs(pairs.values(j) - std::conj(value)) > allowed + 10.0 * pairs.residuals(j)) continue;
                pairs.values(j) = std::conj(value);
                pairs.vectors.col(j) = x.conjugate();
                break;
            }
        }
    }

    void add_left(const Eigen::VectorXd& distances, GeneralEigenpairs<S>& pairs) {
        const bool multiple = pairs.clusters.size() < static_cast<std::size_t>(pairs.size());
        std::string why;
        // The right vectors are a good start where A is close to normal. One start vector sees one copy of a multiple
        // value: then, and when partners are missing, the left run is searched for copies too.
        for (const bool probe : {multiple, true, true}) {
            // A filter needs no search: where XᴴY is regular, the block of right vectors sees every copy.
            const bool search = probe && !seen_.gave_up;
            const KrylovSchurResult left =
                run(true, search,
                    seen_.gave_up ? Block<T>(columns_in<T>(pairs.vectors, pairs.values)) : span_in<T>(pairs.vectors),
                    false);
            count(left, pairs);
            pairs.left_products += left.products;
            Eigen::VectorXcd values(left.values.size());
            Eigen::VectorXd residuals(left.values.size());
            for (Index i = 0; i < values.size(); ++i) {
                values(i) = transform_.to_lambda(true, left.values(i));
                residuals(i) = in_lambda(left.values(i), left.residuals(i));
            }
            const bool joined =
                join_left(pencil_, values, left.vectors, residuals, distances, options_.sum, pairs, why);
            if (joined && left.converged) return;
            if (!left.converged) why = "the left vectors have not converged";
            if (search) break;
        }
        pairs.converged = false;
        pairs.reason = StopReason::iteration_limit;
        pairs.warning = "right and left eigenvectors do not fit together: " + why;
    }

    void judge(GeneralEigenpairs<S>& pairs) const {
        const Index k = pairs.size();
        const bool known = pairs.conditions.size() == k;
        for (Index i = 0; i < k; ++i) pairs.cuts_cluster = pairs.cuts_cluster || guard_touches(pairs, i);
        if (!pairs.warning.empty()) return;
        Index worst = 0;
        const double condition = known ? pairs.conditions.maxCoeff(&worst) : 0.0;
        // The departure of (A − σB)⁻¹B says little about A: 1/(λ − σ) magnifies what is near to σ.
        const bool departs = !transform_.inverted() && pairs.departure_from_normality > 0.5;
        if (condition <= 1e3 && !departs) return;
        std::ostringstream sentence;
        sentence << "the operator is far from normal: departure " << pairs.departure_from_normality
                 << " of the projected matrix (0: normal)";
        if (known) {
            sentence << ", condition " << condition << " of eigenvalue " << worst + 1 << " (" << pairs.values(worst)
                     << "), whose error may be " << pairs.errors(worst);
        }
        pairs.warning = sentence.str();
    }

    const GeneralPencil<S>& pencil_;
    const EigsOptions<S>& options_;
    GeneralTransform<S, T> transform_;
    Complex sigma_;
    KrylovSchurResult seen_;  // by the right run, for a filter if it gave up
    bool filtered_ = false;
};

}  // namespace

template <ScalarType S, ScalarType T>
GeneralEigenpairs<S> search_general(const GeneralPencil<S>& pencil, const EigsOptions<S>& options, Complex sigma,
                                    GeneralSolve<T> solve) {
    return GeneralSearch<S, T>(pencil, options, sigma, std::move(solve)).pairs();
}

template GeneralEigenpairs<double> search_general<double, double>(const GeneralPencil<double>&,
                                                                  const EigsOptions<double>&, Complex,
                                                                  GeneralSolve<double>);
template GeneralEigenpairs<double> search_general<double, Complex>(const GeneralPencil<double>&,
                                                                   const EigsOptions<double>&, Complex,
                                                                   GeneralSolve<Complex>);
template GeneralEigenpairs<Complex> search_general<Complex, Complex>(const GeneralPencil<Complex>&,
                                                                     const EigsOptions<Complex>&, Complex,
                                                                     GeneralSolve<Complex>);

}  // namespace lambdabar
