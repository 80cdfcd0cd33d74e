#include "pencils.hpp"

#include <lambdabar/io/matrix_market.hpp>

#include <Eigen/Dense>

#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

namespace bench {

namespace {

template <class S>
class Assembler {
public:
    explicit Assembler(Index n) : n_(n) {}

    /// Adds a dense element matrix; rows and columns with a negative number are left out.
    template <class Matrix, class Numbers>
    void add(const Matrix& element, const Numbers& numbers) {
        for (Index i = 0; i < element.rows(); ++i) {
            for (Index j = 0; j < element.cols(); ++j) {
                const int row = numbers[static_cast<std::size_t>(i)], column = numbers[static_cast<std::size_t>(j)];
                if (row >= 0 && column >= 0) entries_.emplace_back(row, column, element(i, j));
            }
        }
    }
    void add_diagonal(int i, S value) { entries_.emplace_back(i, i, value); }

    /// Hermitian to the last bit, whatever order the elements were summed in.
    Eigen::SparseMatrix<S> matrix() const {
        Eigen::SparseMatrix<S> sum(n_, n_);
        sum.setFromTriplets(entries_.begin(), entries_.end());
        const Eigen::SparseMatrix<S> adjoint = sum.adjoint();
        Eigen::SparseMatrix<S> result = S(0.5) * (sum + adjoint);
        result.makeCompressed();
        return result;
    }

private:
    Index n_;
    std::vector<Eigen::Triplet<S>> entries_;
};

using Corner = Eigen::Vector3i;

double conductivity(const Eigen::Vector3d& x) {
    return 1.0 + 0.8 * x(0) + 0.5 * x(1) * x(1) + 0.3 * std::sin(7.0 * x(2));
}

/// Beam between two nodes along x: length, axial EA, torsion GJ, bending EI_y and EI_z. Degrees of freedom
/// (u, v, w, θx, θy, θz) of either node.
Eigen::Matrix<double, 12, 12> beam_stiffness(double length, double EA, double GJ, double EI_y, double EI_z) {
    Eigen::Matrix<double, 12, 12> K = Eigen::Matrix<double, 12, 12>::Zero();
    const auto spring = [&](int i, int j, double k) {
        K(i, i) += k, K(j, j) += k;
        K(i, j) -= k, K(j, i) -= k;
    };
    spring(0, 6, EA / length);
    spring(3, 9, GJ / length);
    // Cubic Hermite bending of (displacement, slope) at either end; the slope of w is −θy.
    const auto bending = [&](std::array<int, 4> at, double EI, double sign) {
        const double l = length, f = EI / (l * l * l);
        Eigen::Matrix4d k;
        k << 12, 6 * l, -12, 6 * l, 6 * l, 4 * l * l, -6 * l, 2 * l * l, -12, -6 * l, 12, -6 * l, 6 * l, 2 * l * l,
            -6 * l, 4 * l * l;
        const Eigen::Vector4d s(1, sign, 1, sign);
        k = f * (s.asDiagonal() * k * s.asDiagonal());
        for (int i = 0; i < 4; ++i) {
            for (int j = 0; j < 4; ++j) K(at[static_cast<std::size_t>(i)], at[static_cast<std::size_t>(j)]) += k(i, j);
        }
    };
    bending({1, 5, 7, 11}, EI_z, 1.0);
    bending({2, 4, 8, 10}, EI_y, -1.0);
    return K;
}

std::string size_of(const std::string& name, int N, const char* power) { return name + std::to_string(N) + power; }

}  // namespace

PencilProblem<double> tetrahedra_3d(int N) {
    const double h = 1.0 / (N + 1), volume = h * h * h / 6.0;
    const auto number = [N](const Corner& c) {
        const bool inside = c.minCoeff() >= 1 && c.maxCoeff() <= N;
        return inside ? ((c(2) - 1) * N + c(1) - 1) * N + c(0) - 1 : -1;
    };
    const std::array<std::array<int, 3>, 6> paths{{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
    const Eigen::Matrix4d mass = volume / 20.0 * (Eigen::Matrix4d::Ones() + Eigen::Matrix4d::Identity());
    Assembler<double> A(Index{N} * N * N), B(Index{N} * N * N);
    for (int z = 0; z <= N; ++z) {
        for (int y = 0; y <= N; ++y) {
            for (int x = 0; x <= N; ++x) {
                for (const auto& path : paths) {  // from a corner of the cell to the opposite one, along three edges
                    std::array<Corner, 4> corner{Corner(x, y, z)};
                    for (std::size_t i = 0; i < 3; ++i) corner[i + 1] = corner[i] + Corner::Unit(path[i]);
                    // On the path the barycentric coordinates are differences of the local coordinates:
                    // ∇φ_0 = −e_0/h, ∇φ_i = (e_{i−1} − e_i)/h, ∇φ_3 = e_2/h, e along the path.
                    Eigen::Matrix<double, 3, 4> gradient = Eigen::Matrix<double, 3, 4>::Zero();
                    for (int i = 0; i < 3; ++i) {
                        gradient(path[static_cast<std::size_t>(i)], i) -= 1.0 / h;
                        gradient(path[static_cast<std::size_t>(i)], i + 1) += 1.0 / h;
                    }
                    Eigen::Vector3d centre = Eigen::Vector3d::Zero();
                    for (const Corner& c : corner) centre += 0.25 * h * c.cast<double>();
                    const Eigen::Matrix4d stiffness = volume * conductivity(centre) * gradient.transpose() * gradient;
                    const std::array<int, 4> numbers{number(corner[0]), number(corner[1]), number(corner[2]),
                                                     number(corner[3])};
                    A.add(stiffness, numbers);
                    B.add(mass, numbers);
                }
            }
        }
    }
    return {size_of("tetrahedra ", N, "^3"), A.matrix(), B.matrix()};
}

PencilProblem<double> space_frame(int N) {
    const int rows = 6 * N * N * (N - 1);
    Assembler<double> A(rows), B(rows);
    const auto number = [N](const Corner& c, int i) {
        return c(2) == 0 ? -1 : 6 * (((c(2) - 1) * N + c(1)) * N + c(0)) + i;
    };
    constexpr double E = 2.1e11, density = 7800.0, length = 1.0;
    const auto beam = [&](const Corner& from, int direction) {
        const Corner to = from + Corner::Unit(direction);
        if (to(direction) == N) return;
        const double radius = 0.02 * (1.0 + 0.3 * std::sin(1.3 * from(0) + 2.1 * from(1) + 0.7 * from(2) + direction));
        const double area = std::numbers::pi * radius * radius, I = area * radius * radius / 4.0;
        const auto local =
            beam_stiffness(length, E * area, E / 2.6 * 2.0 * I, E * I, E * (direction == 2 ? 1.5 : 1.0) * I);
        // Local axis j of the beam is the global axis (direction + j) mod 3: a rotation.
        std::array<int, 12> numbers{};
        for (int end = 0; end < 2; ++end) {
            for (int part = 0; part < 2; ++part) {
                for (int j = 0; j < 3; ++j)
                    numbers[static_cast<std::size_t>(6 * end + 3 * part + j)] =
                        number(end == 0 ? from : to, 3 * part + (direction + j) % 3);
            }
        }
        A.add(local, numbers);
        for (const Corner& node : {from, to}) {
            for (int i = 0; i < 3; ++i) {
                if (number(node, i) >= 0) B.add_diagonal(number(node, i), 0.5 * density * area * length);
            }
        }
    };
    for (int z = 0; z < N; ++z) {
        for (int y = 0; y < N; ++y) {
            for (int x = 0; x < N; ++x) {
                for (int direction = 0; direction < 3; ++direction) beam(Corner(x, y, z), direction);
            }
        }
    }
    return {size_of("space frame ", N, "^3"), A.matrix(), B.matrix()};
}

PencilProblem<Complex> photonic_crystal(int N, double kx, double ky) {
    const double h = 1.0 / N, point = 0.5 - 0.5 / std::sqrt(3.0);
    const Complex i(0.0, 1.0);
    Assembler<Complex> A(Index{N} * N), B(Index{N} * N);
    for (int y = 0; y < N; ++y) {
        for (int x = 0; x < N; ++x) {
            Eigen::Matrix4cd stiffness = Eigen::Matrix4cd::Zero(), mass = Eigen::Matrix4cd::Zero();
            for (int p = 0; p < 4; ++p) {  // Gauss, 2×2
                const double s = p % 2 == 0 ? point : 1.0 - point, t = p / 2 == 0 ? point : 1.0 - point;
                const double from_rod = std::hypot((x + s) * h - 0.5, (y + t) * h - 0.5);
                Eigen::RowVector4d u, u_x, u_y;
                u << (1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t;
                u_x << -(1 - t) / h, (1 - t) / h, -t / h, t / h;
                u_y << -(1 - s) / h, -s / h, (1 - s) / h, s / h;
                const Eigen::RowVector4cd D_x = u_x.cast<Complex>() + i * kx * u.cast<Complex>();
                const Eigen::RowVector4cd D_y = u_y.cast<Complex>() + i * ky * u.cast<Complex>();
                const double weight = h * h / 4.0;
                stiffness += weight * (D_x.adjoint() * D_x + D_y.adjoint() * D_y);
                mass += weight * (from_rod < 0.2 ? 8.9 : 1.0) * (u.transpose() * u).cast<Complex>();
            }
            const auto number = [&](int a, int b) { return (b % N) * N + a % N; };
            const std::array<int, 4> numbers{number(x, y), number(x + 1, y), number(x, y + 1), number(x + 1, y + 1)};
            A.add(stiffness, numbers);
            B.add(mass, numbers);
        }
    }
    return {size_of("photonic ", N, "^2"), A.matrix(), B.matrix()};
}

std::optional<PencilProblem<double>> real_structure() {
    const char* folder = std::getenv("LAMBDABAR_TEST_DATA");
    if (folder == nullptr) return std::nullopt;
    const auto read = [&](const char* name) { return lambdabar::read_sparse<double>(folder + std::string(name)); };
    return PencilProblem<double>{"bcsstk13", read("/bcsstk13.mtx"), read("/bcsstm13.mtx")};
}

std::optional<PencilProblem<Complex>> real_photonic(double kx, double ky) {
    const char* folder = std::getenv("LAMBDABAR_TEST_DATA");
    if (folder == nullptr) return std::nullopt;
    using Sparse = Eigen::SparseMatrix<Complex>;
    const auto read = [&](const char* name) {
        return Sparse(lambdabar::read_sparse<double>(folder + std::string(name)).cast<Complex>());
    };
    // G(k) = T + i (Dᵀ − D) + |k|² (M0 + M1), D = kx D_x + ky D_y; mass M0 + 2 M1.
    const Sparse M0 = read("/photonic720_m0.mtx"), M1 = read("/photonic720_m1.mtx");
    const Sparse D = kx * read("/photonic720_mdx.mtx") + ky * read("/photonic720_mdy.mtx");
    const Sparse D_transposed = D.transpose();
    const Complex i(0.0, 1.0);
    Sparse A = read("/photonic720_atm.mtx") + i * D_transposed - i * D + Complex(kx * kx + ky * ky) * (M0 + M1);
    const Sparse A_adjoint = A.adjoint();
    return PencilProblem<Complex>{"photonic720", Complex(0.5) * (A + A_adjoint), M0 + Complex(2.0) * M1};
}

}  // namespace bench
