#include "factorizers.hpp"

#include "measure.hpp"

#include <stdexcept>

#ifdef BENCH_WITH_CHOLMOD
#include <lambdabar/factorization/cholmod.hpp>
#endif
#ifdef BENCH_WITH_MUMPS
#include <lambdabar/factorization/mumps.hpp>
#endif

namespace bench {

namespace {

using lambdabar::FactorEstimate;
using lambdabar::Inertia;

template <ScalarType S>
class TimedFactorization final : public lambdabar::Factorization<S> {
public:
    TimedFactorization(std::unique_ptr<lambdabar::Factorization<S>> inner, std::shared_ptr<FactorTimes> times)
        : inner_(std::move(inner)), times_(std::move(times)) {}

    std::string name() const override { return inner_->name(); }
    bool pivots() const override { return inner_->pivots(); }
    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        const double start = now();
        const FactorEstimate estimate = inner_->analyze(lower);
        times_->analysis_seconds += now() - start;
        times_->entries = estimate.entries;
        return estimate;
    }
    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        const double start = now();
        const bool regular = inner_->factorize(lower);
        times_->factorization_seconds += now() - start;
        ++times_->factorizations;
        return regular;
    }
    void solve(lambdabar::In<S> rhs, lambdabar::Out<S> x) const override {
        const double start = now();
        inner_->solve(rhs, x);
        times_->solve_seconds += now() - start;
        times_->columns += rhs.cols();
    }
    std::optional<Inertia> inertia() const override { return inner_->inertia(); }

private:
    std::unique_ptr<lambdabar::Factorization<S>> inner_;
    std::shared_ptr<FactorTimes> times_;
};

}  // namespace

template <ScalarType S>
std::vector<NamedFactorizer<S>> all_factorizers() {
    std::vector<NamedFactorizer<S>> all{{"ldlt", lambdabar::eigen_ldlt<S>()}};
#ifdef BENCH_WITH_CHOLMOD
    all.push_back({"cholmod", lambdabar::cholmod<S>()});
#endif
#ifdef BENCH_WITH_MUMPS
    all.push_back({"mumps", lambdabar::mumps<S>()});
#endif
    return all;
}

template <ScalarType S>
Factorizer<S> factorizer_named(const std::string& name) {
    std::string known;
    for (const auto& factorizer : all_factorizers<S>()) {
        if (factorizer.name == name) return factorizer.make;
        known += (known.empty() ? "" : ", ") + factorizer.name;
    }
    throw std::invalid_argument("no direct solver is called " + name + "; this build has " + known);
}

template <ScalarType S>
Factorizer<S> timed(Factorizer<S> make, std::shared_ptr<FactorTimes> times) {
    return [make = std::move(make), times = std::move(times)] {
        return std::make_unique<TimedFactorization<S>>(make(), times);
    };
}

#define BENCH_INSTANTIATE(S)                                             \
    template std::vector<NamedFactorizer<S>> all_factorizers<S>();       \
    template Factorizer<S> factorizer_named<S>(const std::string& name); \
    template Factorizer<S> timed<S>(Factorizer<S>, std::shared_ptr<FactorTimes>);
BENCH_INSTANTIATE(double)
BENCH_INSTANTIATE(std::complex<double>)
#undef BENCH_INSTANTIATE

}  // namespace bench
