#include "differences.hpp"
#include "operator_laws.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/check/check_operator.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kDefaultTolerance = 1e4 * std::numeric_limits<double>::epsilon();
constexpr int kPowerSteps = 4;

template <ScalarType S>
S coefficient(double re, double im) {
    if constexpr (std::same_as<S, double>) {
        return re;
    } else {
        return S{re, im};
    }
}

/// The laws of an operator on random blocks X and Z.
template <ScalarType S>
class OperatorLaws {
public:
    OperatorLaws(const OperatorRef<S>& A, const OperatorCheckOptions& options) : A_(A), options_(options) {
        b_ = options.columns;
        tol_ = options.tol > 0.0 ? options.tol : kDefaultTolerance;
        X_ = random(0), Z_ = random(1);
        x_norms_ = norms<S>(X_, options.sum), z_norms_ = norms<S>(Z_, options.sum);
    }

    OperatorReport run() {
        AX_ = apply(X_), AZ_ = apply(Z_);
        if (!finite()) return std::move(report_);
        estimate_norm();
        linear();
        if (A_.has_adjoint()) {
            adjoint();
        } else {
            hermitian();
        }
        overwrites();
        repeatable();
        columns();
        if (A_.fused()) fused();
        return std::move(report_);
    }

private:
    Block<S> random(std::uint64_t number) const {
        Block<S> X(A_.rows(), b_);
        fill_random<S>(X, options_.seed, number * static_cast<std::uint64_t>(b_), options_.sum);
        return X;
    }
    Block<S> apply(const Block<S>& X) const {
        Block<S> Y = Block<S>::Zero(X.rows(), X.cols());
        A_.apply(X, Y);
        return Y;
    }

    void add(const char* name, double measured, const std::string& failure) {
        Law law{.name = name, .measured = measured, .tolerance = tol_, .passed = measured <= tol_};
        if (!law.passed) law.detail = failure;
        report_.laws.push_back(std::move(law));
    }

    /// max_j ‖d_j‖ / (‖A‖ size_j); 0 for a zero difference of a zero operator.
    double relative(const Block<S>& D, const Eigen::VectorXd& size) const {
        const Eigen::VectorXd d = local_norms(D);
        double worst = 0.0;
        for (Index j = 0; j < d.size(); ++j) {
            if (!(d(j) == 0.0)) worst = std::max(worst, ratio(d(j), size(j)));
        }
        return worst;
    }
    /// NaN and Inf, which norms() refuses, count as infinite.
    Eigen::VectorXd local_norms(const Block<S>& D) const {
        Eigen::VectorXd square = D.colwise().squaredNorm().transpose();
        for (double& s : square) s = std::isfinite(s) ? s : std::numeric_limits<double>::max();
        options_.sum(square.data(), square.size());
        return square.cwiseSqrt();
    }
    double ratio(double error, double size) const {
        const double scale = report_.norm_A * size;
        return scale > 0.0 ? error / scale : std::numeric_limits<double>::infinity();
    }

    bool finite() {
        Eigen::Vector2d bad = Eigen::Vector2d::Zero();
        Index row = -1, column = -1;
        for (Index r = 0; r < AX_.rows(); ++r) {
            for (Index c = 0; c < b_; ++c) {
                if (std::isfinite(std::abs(AX_(r, c))) && std::isfinite(std::abs(AZ_(r, c)))) continue;
                if (row < 0) row = r, column = c;
                bad(0) += 1.0;
            }
        }
        options_.sum(bad.data(), 1);
        std::ostringstream where;
        where << bad(0) << " entries of A X are NaN or Inf";
        if (row >= 0)
            where << ", the first in row " << row << ", column " << column
                  << (options_.sum.distributed() ? " here" : "");
        Law law{.name = "finite", .measured = bad(0), .tolerance = 0.0, .passed = bad(0) == 0.0};
        if (!law.passed) law.detail = where.str();
        report_.laws.push_back(law);
        return law.passed;
    }

    void estimate_norm() {
        Block<S> Y = AX_;
        Eigen::VectorXd growth = local_norms(Y).cwiseQuotient(x_norms_);
        report_.norm_A = growth.maxCoeff();
        for (int step = 0; step < kPowerSteps; ++step) {
            const Eigen::VectorXd size = local_norms(Y);
            if (!(size.minCoeff() > 0.0) || !size.allFinite()) return;
            scale_columns<S>(Y, size.cwiseInverse());
            Y = apply(Y);
            growth = local_norms(Y);
            if (growth.allFinite()) report_.norm_A = std::max(report_.norm_A, growth.maxCoeff());
        }
    }

    void linear() {
        const S alpha = coefficient<S>(0.8, 0.6), beta = coefficient<S>(-1.7, 0.4);
        const Block<S> error = apply(alpha * X_ + beta * Z_) - alpha * AX_ - beta * AZ_;
        const double measured = relative(error, std::abs(alpha) * x_norms_ + std::abs(beta) * z_norms_);
        add("linear", measured,
            "A(αX + βZ) differs from αAX + βAZ by " + words_of(measured) + " ‖A‖ per unit of ‖αX‖ + ‖βZ‖");
    }

    void hermitian() {
        const Matrix<S> left = gram<S>(X_, AZ_, options_.sum), right = gram<S>(AX_, Z_, options_.sum);
        Index i = 0, j = 0;
        (left - right).cwiseAbs().maxCoeff(&i, &j);
        const double error = std::abs(left(i, j) - right(i, j));
        const double measured = error > 0.0 ? ratio(error, x_norms_(i) * z_norms_(j)) : 0.0;
        std::ostringstream failure;
        failure << "⟨x, A z⟩ = " << left(i, j) << " but ⟨A x, z⟩ = " << right(i, j);
        if constexpr (!std::same_as<S, double>) {
            // xᵀ(A z) = (A x)ᵀ z ?
            const Block<S> X_conjugate = X_.conjugate(), AX_conjugate = AX_.conjugate();
            const Matrix<S> skew = gram<S>(X_conjugate, AZ_, options_.sum) - gram<S>(AX_conjugate, Z_, options_.sum);
            if (ratio(skew.cwiseAbs().maxCoeff(), x_norms_.minCoeff() * z_norms_.minCoeff()) <= tol_)
                failure << ": the operator is complex symmetric, not Hermitian";
        }
        add("Hermitian", measured, failure.str());
    }

    /// Operators without symmetry: ⟨x, A z⟩ = ⟨Aᴴ x, z⟩, and Aᴴ X sets Y whatever its width.
    void adjoint() {
        Block<S> Y = Z_;
        A_.apply_adjoint(X_, Y);
        if (!Y.allFinite()) return add("adjoint", std::numeric_limits<double>::infinity(), "Aᴴ X has NaN or Inf");
        const Matrix<S> left = gram<S>(X_, AZ_, options_.sum), right = gram<S>(Y, Z_, options_.sum);
        Index i = 0, j = 0;
        (left - right).cwiseAbs().maxCoeff(&i, &j);
        const double error = std::abs(left(i, j) - right(i, j));
        double measured = error > 0.0 ? ratio(error, x_norms_(i) * z_norms_(j)) : 0.0;
        std::ostringstream failure;
        failure << "⟨x, A z⟩ = " << left(i, j) << " but ⟨Aᴴ x, z⟩ = " << right(i, j);
        if constexpr (!std::same_as<S, double>) {
            const Matrix<S> transposed = gram<S>(Block<S>(Y.conjugate()), Z_, options_.sum) -
                                         gram<S>(Block<S>(X_.conjugate()), AZ_, options_.sum);
            const bool is_transpose =
                ratio(transposed.cwiseAbs().maxCoeff(), x_norms_.minCoeff() * z_norms_.minCoeff()) <= tol_;
            if (measured > tol_ && is_transpose) failure << ": apply_adjoint is the transpose, without conjugation";
        }
        Block<S> by_columns = Block<S>::Zero(Y.rows(), b_);
        for (Index c = 0; c < b_; ++c) A_.apply_adjoint(X_.middleCols(c, 1), by_columns.middleCols(c, 1));
        const double narrow = relative(by_columns - Y, x_norms_);
        if (measured <= tol_ && narrow > tol_) {
            measured = narrow;
            failure << "; but a block's adjoint product differs from its columns' by " << words_of(narrow);
        }
        add("adjoint", measured, failure.str());
    }

    void overwrites() {
        Block<S> Y = Z_;
        A_.apply(X_, Y);
        const double measured = relative(Y - AX_, x_norms_);
        add("overwrites Y", measured,
            "the product changes by " + words_of(measured) +
                " ‖A‖‖x‖ with what Y held on entry; set Y, do not add to it");
    }

    void repeatable() {
        const double measured = relative(apply(X_) - AX_, x_norms_);
        add("repeatable", measured, "the same product twice differs by " + words_of(measured) + " ‖A‖‖x‖");
    }

    /// Columns as views of blocks that are b wide: rows of X and Y are b entries apart.
    void columns() {
        Block<S> Y = Block<S>::Zero(AX_.rows(), b_);
        for (Index j = 0; j < b_; ++j) A_.apply(X_.middleCols(j, 1), Y.middleCols(j, 1));
        const double measured = relative(Y - AX_, x_norms_);
        add("block = columns", measured,
            "a block's product differs from its columns' products by " + words_of(measured) +
                " ‖A‖‖x‖ (the views have an outer stride of " + std::to_string(b_) + ")");
    }

    void fused() {
        const double scale = 0.7, beta = -1.3;
        const Eigen::VectorXd shift = report_.norm_A * random_direction(b_, options_.seed, 99);
        Block<S> expected = scale * AX_;
        add_scaled<S>(expected, X_, -scale * shift);
        Block<S> Y = Block<S>::Constant(AX_.rows(), b_, S{std::numeric_limits<double>::quiet_NaN()});
        A_.apply_fused(X_, shift, scale, 0.0, Y);
        const Eigen::VectorXd size = x_norms_ * (1.0 + shift.cwiseAbs().maxCoeff() / std::max(report_.norm_A, 1e-300));
        const double plain = relative(Y - expected, size);
        Y = Z_;
        A_.apply_fused(X_, shift, scale, beta, Y);
        const double updated = relative(Y - (expected - beta * Z_), size + z_norms_ / std::max(report_.norm_A, 1e-300));
        const double measured = std::max(plain, updated);
        add("fused = unfused", measured,
            "scale·(A X − X diag(shift)) − beta·Y differs by " + words_of(plain) +
                " ‖A‖‖x‖ for beta = 0, where Y must not be read, " + words_of(updated) +
                " for beta = " + words_of(beta));
    }

    const OperatorRef<S>& A_;
    const OperatorCheckOptions& options_;
    Index b_ = 0;
    double tol_ = 0.0;
    Block<S> X_, Z_, AX_, AZ_;
    Eigen::VectorXd x_norms_, z_norms_;
    OperatorReport report_;
};

}  // namespace

bool OperatorReport::passed() const {
    return std::all_of(laws.begin(), laws.end(), [](const Law& law) { return law.passed; });
}

std::string OperatorReport::describe() const {
    std::string text = "law                    error    allowed\n";
    for (const Law& law : laws) {
        char line[128];
        std::snprintf(line, sizeof line, "%-18s  %8.1e   %8.1e%s\n", law.name.c_str(), law.measured, law.tolerance,
                      law.passed ? "" : "  FAILED");
        text += line;
    }
    for (const Law& law : laws) {
        if (!law.passed) text += law.name + ": " + law.detail + ".\n";
    }
    return text;
}

void require_options(const OperatorCheckOptions& options) {
    if (options.columns < 1)
        throw std::invalid_argument("check_operator: columns = " + std::to_string(options.columns) + " must be ≥ 1");
    if (!(options.tol >= 0.0))
        throw std::invalid_argument("check_operator: tol = " + words_of(options.tol) + " must be a number ≥ 0");
}

namespace detail {

template <ScalarType S>
OperatorReport check_operator(const OperatorRef<S>& A, const OperatorCheckOptions& options) {
    require_options(options);
    if (options.sum.total(A.rows()) < 1) throw std::invalid_argument("check_operator: the operator has no rows");
    return OperatorLaws<S>(A, options).run();
}

template <ScalarType S>
OperatorReport check_operator(const ParametricOperator<S>& A, const OperatorCheckOptions& options) {
    OperatorReport report;
    Index rows = 0;
    A.at(Eigen::VectorXd::Zero(A.parameters), [&](const OperatorRef<S>& at_p) {
        rows = at_p.rows();
        report = check_operator(at_p, options);
    });
    if (report.laws.front().passed) report.laws.push_back(operator_derivative_law(A, rows, 2, options));
    return report;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                   \
    template OperatorReport check_operator<S>(const OperatorRef<S>&, const OperatorCheckOptions&); \
    template OperatorReport check_operator<S>(const ParametricOperator<S>&, const OperatorCheckOptions&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace detail

}  // namespace lambdabar
