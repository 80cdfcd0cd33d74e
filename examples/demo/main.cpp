// The main job at full size: a square membrane of variable stiffness with 10⁵ unknowns, assembled on the spot. Its six
// lowest modes, the gradients of three objectives in all its stiffnesses, a Taylor test of each, and a picture.
//
//     demo [folder]     writes membrane.svg to the folder, by default the current one
#include "membrane.hpp"
#include "picture.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

using namespace lambdabar;

namespace {

constexpr Index kSide = 317;  // interior nodes each way
constexpr Index kModes = 6;

double seconds() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// Soft, with four stiff patches that have all the symmetries of the square.
double stiffness(double x, double y) {
    const double dx = std::abs(x - 0.5) - 0.25, dy = std::abs(y - 0.5) - 0.25;
    return 1 + 4 * std::exp(-(dx * dx + dy * dy) / 0.01);
}

/// A change of stiffness without any symmetry: it splits every doublet.
double change(double x, double y) { return stiffness(x, y) * std::sin(3 * x + 1) * std::cos(5 * y - 2 * x); }

/// One inside a disc on the right, zero outside, with a smooth edge.
double disc(double x, double y) { return 1 / (1 + std::exp((std::hypot(x - 0.75, y - 0.5) - 0.15) / 0.02)); }

struct Objective {
    const char* name;
    double value = 0;
    PairCotangent<double> bar = {};
};

/// Three objectives of the modes and their cotangents. Modes have ‖x‖ = 1, and u = x/h has ∫u² = 1.
///   λ₁       the lowest eigenvalue
///   ∫u₁⁴     how localized the lowest mode is: it does not see the sign of the mode
///   share    ½ ∫ w (u₂² + u₃²), how much of modes 2 and 3 lives in the disc: it does not see how the two are rotated
std::vector<Objective> evaluate(const Membrane& A, const Eigenpairs<double>& pairs) {
    const Index n = A.rows(), k = pairs.size();
    const double h = A.spacing();
    Eigen::VectorXd w(n);
    for (Index r = 0; r < n; ++r) {
        w(r) = disc(static_cast<double>(r / kSide + 1) * h, static_cast<double>(r % kSide + 1) * h);
    }
    const auto& X = pairs.vectors;
    Matrix<double> localized = Matrix<double>::Zero(n, k), share = Matrix<double>::Zero(n, k);
    localized.col(0) = 4 * X.col(0).array().cube() / (h * h);
    share.middleCols(1, 2) = w.asDiagonal() * X.middleCols(1, 2);
    return {{"lambda_1", pairs.values(0), {.values = Eigen::VectorXd::Unit(k, 0)}},
            {"localization", X.col(0).array().pow(4).sum() / (h * h), {.vectors = localized}},
            {"share in disc", 0.5 * w.dot(X.middleCols(1, 2).rowwise().squaredNorm()), {.vectors = share}}};
}

void print_modes(const Eigenpairs<double>& pairs, double time) {
    std::printf("\n%ld lowest modes: %ld products, %.1f s%s\n", static_cast<long>(pairs.size()),
                static_cast<long>(pairs.products), time, pairs.converged ? "" : ", NOT CONVERGED");
    std::printf("   mode    lambda            residual / norm of A\n");
    for (const Cluster& cluster : pairs.clusters) {
        for (Index i = cluster.first; i < cluster.first + cluster.count; ++i) {
            std::printf("   %4ld    %.10f    %.1e%s\n", static_cast<long>(i + 1), pairs.values(i),
                        pairs.residuals(i) / pairs.norm_A, cluster.count == 2 ? "    doublet" : "");
        }
    }
    std::printf("   next    %.10f%s\n", pairs.guard_value, pairs.cuts_cluster ? ", in one cluster with the last" : "");
}

/// φ(c + h v) − φ(c) − h g·v must fall by four when h is halved. True if it does, for every objective.
bool taylor_test(const Membrane& A, const EigshOptions<double>& options, const std::vector<Objective>& at_c,
                 const std::vector<Eigen::VectorXd>& gradients) {
    const Index m = A.side();
    const Eigen::VectorXd c = on_cells(m, stiffness), v = on_cells(m, change);
    std::printf("\nTaylor test: remainder |phi(c + h v) - phi(c) - h g.v| and its order, v smooth, of the size of c\n");
    std::printf("   h       ");
    for (const Objective& objective : at_c) std::printf("  %-13s order", objective.name);
    std::printf("   products\n");
    std::vector<double> last(at_c.size(), 0.0);
    bool second_order = true;
    for (double h = 0.2; h > 0.01; h /= 2) {
        const Membrane moved(m, c + h * v);
        const auto moved_pairs = eigsh(moved, options);  // starts from the last modes found
        const auto there = evaluate(moved, moved_pairs);
        std::printf("   %.5f ", h);
        for (std::size_t i = 0; i < at_c.size(); ++i) {
            const double remainder = std::abs(there[i].value - at_c[i].value - h * gradients[i].dot(v));
            const double order = std::log2(last[i] / remainder);
            std::printf("   %.3e   ", remainder);
            last[i] > 0 ? std::printf(" %.2f", order) : std::printf("     ");
            if (h < 0.03) second_order = second_order && std::abs(order - 2) < 0.2;
            last[i] = remainder;
        }
        std::printf("   %8ld\n", static_cast<long>(moved_pairs.products));
    }
    return second_order;
}

void draw(const std::string& path, const Membrane& A, const Eigenpairs<double>& pairs,
          const std::vector<Eigen::VectorXd>& gradients) {
    const Index m = A.side();
    const double h = A.spacing();
    const auto mode = [&, m, h](Index i) {  // its sign is free: most of it is drawn above zero
        const double scale = (pairs.vectors.col(i).sum() < 0 ? -1 : 1) / h;
        return [&, m, h, i, scale](double x, double y) {
            const auto node = [&](double t) { return std::clamp<Index>(static_cast<Index>(t / h + 0.5), 1, m) - 1; };
            return scale * pairs.vectors(node(x) * m + node(y), i);
        };
    };
    const auto density = [&, m, h](std::size_t i) {  // gradient in a cell by the cell's area: the functional derivative
        return [&, m, h, i](double x, double y) {
            return gradients[i](static_cast<Index>(x / h) * (m + 1) + static_cast<Index>(y / h)) / (h * h);
        };
    };
    const auto lambda = [&](Index i) {
        char text[64];
        std::snprintf(text, sizeof text, "\u03bb = %.4f", pairs.values(i));
        return std::string(text);
    };
    write_picture(
        path,
        "A square membrane of variable stiffness, \u2212\u2207\u00b7(c \u2207u) = \u03bb u, with 10\u2075 unknowns",
        {{"stiffness c", "four stiff patches", stiffness},
         {"mode 1", lambda(0), mode(0), true},
         {"mode 2", lambda(1) + ", a doublet with mode 3", mode(1), true},
         {"gradient of \u03bb\u2081 in c", "|\u2207u\u2081|\u00b2", density(0)},
         {"gradient of \u222bu\u2081\u2074 in c", "where stiffness localizes mode 1", density(1), true},
         {"gradient of \u00bd\u222bw(u\u2082\u00b2 + u\u2083\u00b2) in c",
          "what draws the doublet to x = \u00be, y = \u00bd", density(2), true}});
}

int run(const std::string& folder) {
    double start = seconds();
    const Membrane A(kSide, on_cells(kSide, stiffness));
    std::printf("A square membrane of variable stiffness, -div(c grad u) = lambda u, u = 0 on the edge\n");
    std::printf("%ld unknowns, %ld stiffnesses, assembled in %.1f s\n", static_cast<long>(A.rows()),
                static_cast<long>(A.parameters()), seconds() - start);

    Warm<double> warm;
    const EigshOptions<double> options{.k = kModes, .tol = 1e-11, .warm = &warm};
    start = seconds();
    const auto pairs = eigsh(A, options);
    print_modes(pairs, seconds() - start);

    const auto objectives = evaluate(A, pairs);
    std::vector<Eigen::VectorXd> gradients;
    std::printf("\nGradients in the %ld stiffnesses\n", static_cast<long>(A.parameters()));
    std::printf("   objective        value            products   seconds   gauge residual   error estimate\n");
    for (const Objective& objective : objectives) {
        start = seconds();
        const auto bar = pullback(A, pairs, objective.bar);
        gradients.push_back(gradient(A, bar.A));
        std::printf("   %-14s   %-14.10f   %8ld   %7.2f   %.1e          %.1e\n", objective.name, objective.value,
                    static_cast<long>(bar.report.products), seconds() - start, bar.report.gauge_residual,
                    bar.report.error_estimate);
    }
    try {
        (void)pullback(A, pairs, {.values = Eigen::VectorXd::Unit(kModes, 1)});
    } catch (const NotDifferentiable& e) {
        std::printf("\nThe gradient of lambda_2 alone is refused:\n   %s\n", e.what());
    }

    const bool good = taylor_test(A, options, objectives, gradients);
    const std::string path = folder + "/membrane.svg";
    draw(path, A, pairs, gradients);
    std::printf("\n%s\nPicture of stiffness, modes and gradients: %s\n",
                good ? "All remainders are of second order." : "THE REMAINDERS ARE NOT OF SECOND ORDER.", path.c_str());
    return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc > 1 ? argv[1] : ".");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "demo: %s\n", e.what());
        return 2;
    }
}
