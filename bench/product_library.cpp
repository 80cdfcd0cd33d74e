// lambdabar's product behind a C interface, for the peers that are driven from Python (peers.py).
#include "cases.hpp"

#include <lambdabar/block/kernels.hpp>

#include <cstdio>
#include <exception>
#include <variant>

namespace {

using namespace bench;

template <class S>
struct Open {
    explicit Open(const char* path) : c(read_case<S>(path)), operators(c) {}
    Case<S> c;
    CaseOperators<S> operators;
};

using Handle = std::variant<std::unique_ptr<Open<double>>, std::unique_ptr<Open<Complex>>>;

/// Blocks that come column by column are turned into rows and back: the kernels read a matrix once for a row of them.
template <class S, class Apply>
void apply_to_rows(Index n, const Apply& apply, const void* x, void* y, Index b, bool row_major) {
    if (row_major || b == 1) {
        apply(Eigen::Map<const lambdabar::Block<S>>(static_cast<const S*>(x), n, b),
              Eigen::Map<lambdabar::Block<S>>(static_cast<S*>(y), n, b));
        return;
    }
    const lambdabar::Block<S> X =
        lambdabar::to_block<S>(Eigen::Map<const lambdabar::Matrix<S>>(static_cast<const S*>(x), n, b));
    lambdabar::Block<S> Y(n, b);
    apply(X, Y);
    Eigen::Map<lambdabar::Matrix<S>>(static_cast<S*>(y), n, b) = Y;
}

}  // namespace

extern "C" {

/// A handle, or null after a sentence on standard error.
void* bench_open(const char* path) {
    try {
        if (is_complex_case(path)) return new Handle(std::make_unique<Open<Complex>>(path));
        return new Handle(std::make_unique<Open<double>>(path));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return nullptr;
    }
}

long bench_rows(const void* handle) {
    return std::visit([](const auto& open) { return static_cast<long>(open->operators.A().rows()); },
                      *static_cast<const Handle*>(handle));
}

int bench_is_complex(const void* handle) { return static_cast<const Handle*>(handle)->index() == 1; }

int bench_has_mass(const void* handle) {
    return std::visit([](const auto& open) { return open->operators.B() != nullptr; },
                      *static_cast<const Handle*>(handle));
}

/// Y = A X (or B X) for n×b blocks without gaps.
void bench_multiply(const void* handle, int mass, const void* x, void* y, long b, int row_major) {
    std::visit(
        [&](const auto& open) {
            const auto& A = mass != 0 ? *open->operators.B() : open->operators.A();
            apply_to_rows<typename std::remove_cvref_t<decltype(A)>::Scalar>(
                A.rows(), [&](const auto& X, auto&& Y) { A.apply(X, Y); }, x, y, b, row_major != 0);
        },
        *static_cast<const Handle*>(handle));
}

int bench_has_inverse(const void* handle) {
    return std::visit([](const auto& open) { return static_cast<bool>(open->operators.preconditioner()); },
                      *static_cast<const Handle*>(handle));
}

/// Z = M⁻¹ R with the case's inverse.
void bench_precondition(const void* handle, const void* r, void* z, long b, int row_major) {
    std::visit(
        [&](const auto& open) {
            const auto& A = open->operators.A();
            apply_to_rows<typename std::remove_cvref_t<decltype(A)>::Scalar>(
                A.rows(), [&](const auto& R, auto&& Z) { open->operators.preconditioner()(R, Z); }, r, z, b,
                row_major != 0);
        },
        *static_cast<const Handle*>(handle));
}

/// Products with A and seconds in products since the last reset.
void bench_counters(const void* handle, long* products, double* seconds) {
    std::visit(
        [&](const auto& open) {
            *products = static_cast<long>(open->operators.A().products());
            *seconds = open->operators.seconds();
        },
        *static_cast<const Handle*>(handle));
}

void bench_reset(const void* handle) {
    std::visit([](const auto& open) { open->operators.reset(); }, *static_cast<const Handle*>(handle));
}
}
