#include "factorization/available_memory.hpp"
#include "factorization/shifted_pencil.hpp"
#include "factorization/solve_quality.hpp"

#include <lambdabar/factorization/shift_invert.hpp>

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kGoodError = 1e-11;       // no refinement needed
constexpr double kTolerableError = 1e-6;   // refined; above, another method is needed
constexpr double kBelievableError = 1e-8;  // of the factors alone, for the inertia
constexpr int kMaxRefinement = 2;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

template <ScalarType S>
struct ShiftInvert<S>::State {
    State(const SparseHermitian<S>& A, const SparseHermitian<S>* B, Factorizer<S> make, double memory_limit)
        : pencil(A, B), factorizer(std::move(make)), limit(memory_limit) {
        if (!(limit >= 0.0)) {
            throw std::invalid_argument("ShiftInvert: the memory limit is " + std::to_string(limit) + ", not ≥ 0");
        }
        if (!factorizer) throw std::invalid_argument("ShiftInvert: the factorizer is empty");
        chosen = factorizer();
        reanalyze();
    }

    ShiftedPencil<S> pencil;
    Factorizer<S> factorizer;
    double limit;
    bool analyzed = false;  // false again after a refusal
    std::unique_ptr<Factorization<S>> chosen, replacement;
    FactorEstimate estimate, replacement_estimate;
    std::unique_ptr<ScaledMatrix<S>> matrix;     // A − σB, with both triangles
    const Factorization<S>* factored = nullptr;  // chosen or replacement, or nothing to solve with
    double sigma = kNaN;
    double unrefined_error = kNaN, backward_error = kNaN, condition = kNaN;
    int steps = 0;
    Index factorizations = 0, analyses = 0;
    mutable Index solved_columns = 0;

    /// The estimate; refuses what would not fit beside `held` bytes.
    FactorEstimate analyze(Factorization<S>& factorization, double held) {
        const FactorEstimate needed = factorization.analyze(pencil.matrix());
        ++analyses;
        const double available = limit > 0.0 ? limit - held : available_memory();
        if (needed.bytes > available) {
            std::ostringstream message;
            message << "ShiftInvert: factorizing A − σB (n = " << pencil.rows() << ") by " << factorization.name()
                    << " would take about " << needed.bytes << " bytes (" << needed.entries
                    << " entries in the factor), and " << available << " bytes are "
                    << (limit > 0.0 ? "allowed" : "available");
            throw std::runtime_error(message.str());
        }
        return needed;
    }

    void reanalyze() {
        analyzed = false;
        matrix.reset();
        replacement.reset();
        estimate = analyze(*chosen, 0.0);
        analyzed = true;
    }

    /// Factorizes, and refines as far as it takes. False if that does not make the solves tolerable.
    bool attempt(Factorization<S>& factorization) {
        ++factorizations;
        steps = 0;
        unrefined_error = backward_error = condition = kNaN;
        if (!factorization.factorize(pencil.matrix())) return false;
        SolveQuality quality = measure_quality<S>(factorization, *matrix, 0);
        unrefined_error = quality.backward_error;
        while (quality.backward_error > kGoodError && steps < kMaxRefinement)
            quality = measure_quality<S>(factorization, *matrix, ++steps);
        backward_error = quality.backward_error;
        condition = quality.condition;
        return backward_error <= kTolerableError;
    }

    bool factor(double shift) {
        factored = nullptr;
        if (!analyzed) reanalyze();
        pencil.at(shift);
        sigma = shift;
        if (matrix) {
            matrix->refresh();
        } else {
            matrix = std::make_unique<ScaledMatrix<S>>(pencil.matrix());
        }
        const Factorization<S>* used = attempt(*chosen) ? chosen.get() : nullptr;
        if (used == nullptr && !chosen->pivots()) {
            if (!replacement) {
                auto lu = eigen_lu<S>()();
                replacement_estimate = analyze(*lu, estimate.bytes);
                replacement = std::move(lu);
            }
            if (attempt(*replacement)) used = replacement.get();
        } else {
            replacement.reset();
        }
        // The distance of the scaled matrix to a singular one, relative to it, is 1/condition or less.
        if (used == nullptr || condition > 1.0 / (16.0 * kEps)) return false;
        factored = used;
        return true;
    }
};

template <ScalarType S>
ShiftInvert<S>::ShiftInvert(const SparseHermitian<S>& A, const SparseHermitian<S>* B, Factorizer<S> factorizer,
                            double memory_limit)
    : state_(std::make_unique<State>(A, B, std::move(factorizer), memory_limit)) {}

template <ScalarType S>
ShiftInvert<S>::ShiftInvert(ShiftInvert&&) noexcept = default;
template <ScalarType S>
ShiftInvert<S>& ShiftInvert<S>::operator=(ShiftInvert&&) noexcept = default;
template <ScalarType S>
ShiftInvert<S>::~ShiftInvert() = default;

template <ScalarType S>
Index ShiftInvert<S>::rows() const {
    return state_->pencil.rows();
}

template <ScalarType S>
bool ShiftInvert<S>::factor(double sigma) {
    return state_->factor(sigma);
}

template <ScalarType S>
void ShiftInvert<S>::solve(In<S> rhs, Out<S> X) const {
    if (state_->factored == nullptr) {
        throw std::invalid_argument("ShiftInvert: solve() needs a factorization, call factor(σ) first");
    }
    if (rhs.rows() != rows() || X.rows() != rows() || X.cols() != rhs.cols()) {
        std::ostringstream message;
        message << "ShiftInvert: rhs is " << rhs.rows() << "×" << rhs.cols() << " and X is " << X.rows() << "×"
                << X.cols() << "; A − σB has " << rows() << " rows";
        throw std::invalid_argument(message.str());
    }
    state_->solved_columns += rhs.cols();
    refined_solve<S>(*state_->factored, *state_->matrix, state_->steps, rhs, X);
}

template <ScalarType S>
bool ShiftInvert<S>::update(const SparseHermitian<S>& A, const SparseHermitian<S>* B) {
    State& state = *state_;
    state.factored = nullptr;
    if (state.pencil.update(A, B)) return true;
    state.reanalyze();
    return false;
}

template <ScalarType S>
std::optional<Inertia> ShiftInvert<S>::inertia() const {
    const State& state = *state_;
    if (state.factored == nullptr || state.unrefined_error > kBelievableError) return std::nullopt;
    if (std::max(state.unrefined_error, kEps) * state.condition > 0.01) return std::nullopt;
    return state.factored->inertia();
}

template <ScalarType S>
std::string ShiftInvert<S>::method() const {
    const State& state = *state_;
    const bool replaced = state.factored != nullptr && state.factored == state.replacement.get();
    std::string text =
        replaced ? state.replacement->name() + ", instead of " + state.chosen->name() : state.chosen->name();
    if (state.steps > 0) text += ", " + std::to_string(state.steps) + " refinement step" + (state.steps > 1 ? "s" : "");
    return text;
}

template <ScalarType S>
double ShiftInvert<S>::bytes() const {
    const State& state = *state_;
    return state.estimate.bytes + (state.replacement ? state.replacement_estimate.bytes : 0.0) + state.pencil.bytes() +
           (state.matrix ? state.matrix->bytes() : 0.0);
}

// clang-format off
template <ScalarType S> double ShiftInvert<S>::unrefined_error() const { return state_->unrefined_error; }
template <ScalarType S> double ShiftInvert<S>::backward_error() const { return state_->backward_error; }
template <ScalarType S> double ShiftInvert<S>::condition() const { return state_->condition; }
template <ScalarType S> int ShiftInvert<S>::refinement_steps() const { return state_->steps; }
template <ScalarType S> double ShiftInvert<S>::sigma() const { return state_->sigma; }
template <ScalarType S> const FactorEstimate& ShiftInvert<S>::estimate() const { return state_->estimate; }
template <ScalarType S> Index ShiftInvert<S>::factorizations() const { return state_->factorizations; }
template <ScalarType S> Index ShiftInvert<S>::analyses() const { return state_->analyses; }
template <ScalarType S> Index ShiftInvert<S>::solved_columns() const { return state_->solved_columns; }
// clang-format on

template class ShiftInvert<double>;
template class ShiftInvert<std::complex<double>>;

}  // namespace lambdabar
