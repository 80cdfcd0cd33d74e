#include "flexible_gmres.hpp"

#include <Eigen/QR>

#include <cmath>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

struct Column {
    Index number = 0;
    Block<Complex> V, Z;
    Matrix<Complex> H;  // (j + 1)×j in use
    double beta = 0.0, residual = 0.0;
    bool active = true;
    Vector<Complex> c;  // minimizes ‖β e_0 − H̄ c‖
};

/// The minimal residual over the first j vectors.
void minimize(Column& column, Index j) {
    const Matrix<Complex> H = column.H.topLeftCorner(j + 1, j);
    Vector<Complex> rhs = Vector<Complex>::Zero(j + 1);
    rhs(0) = column.beta;
    column.c = H.householderQr().solve(rhs);
    column.residual = (rhs - H * column.c).norm();
}

}  // namespace

FlexibleSolution flexible_gmres(const FlexibleProblem& problem, const Block<Complex>& R, const Sum& sum) {
    const Index n = R.rows(), b = R.cols(), m = problem.basis_size;
    FlexibleSolution out{.W = zeros<Complex>(n, b),
                         .residuals = norms<Complex>(R, sum, "projected_gmres: the right side")};
    Block<Complex> residual = R;
    double last = std::numeric_limits<double>::infinity();
    while (out.products < problem.max_products) {
        std::vector<Column> columns;
        std::vector<Index> numbers;
        double excess = 0.0;
        for (Index c = 0; c < b; ++c) {
            if (out.residuals(c) <= problem.targets(c)) continue;
            excess = std::max(excess, out.residuals(c) / std::max(problem.targets(c), 1e-300));
            Column column{.number = c,
                          .V = Block<Complex>(n, m + 1),
                          .Z = Block<Complex>(n, m),
                          .H = Matrix<Complex>::Zero(m + 1, m),
                          .beta = out.residuals(c),
                          .c = {}};
            column.V.col(0) = residual.col(c) / column.beta;
            columns.push_back(std::move(column));
            numbers.push_back(c);
        }
        if (columns.empty() || !(excess < 0.95 * last)) break;
        last = excess;
        for (Index j = 0; j < m; ++j) {
            std::vector<Column*> active;
            std::vector<Index> which;
            for (Column& column : columns) {
                if (column.active) active.push_back(&column), which.push_back(column.number);
            }
            if (active.empty()) break;
            const auto width = static_cast<Index>(active.size());
            Block<Complex> v(n, width), z(n, width), w(n, width);
            for (Index i = 0; i < width; ++i) v.col(i) = active[static_cast<std::size_t>(i)]->V.col(j);
            problem.precondition(which, v, z);
            problem.apply(which, z, w);
            out.products += width;
            ++out.iterations;
            for (Index i = 0; i < width; ++i) {
                Column& column = *active[static_cast<std::size_t>(i)];
                column.Z.col(j) = z.col(i);
                Block<Complex> next = w.col(i);
                const auto V = column.V.leftCols(j + 1);
                const Matrix<Complex> first = gram<Complex>(V, next, sum, "projected_gmres: the operator's product");
                const Matrix<Complex> second = project_and_gram<Complex>(next, V, first, sum);
                add_product<Complex>(next, V, -second);
                const double size = norms<Complex>(next, sum)(0);
                column.H.col(j).head(j + 1) = first + second;
                column.H(j + 1, j) = size;
                if (size > 0.0) column.V.col(j + 1) = next / size;
                minimize(column, j + 1);
                if (column.residual <= 0.5 * problem.targets(column.number) || size == 0.0) column.active = false;
            }
        }
        for (const Column& column : columns) {
            const Index j = column.c.size();
            Block<Complex> correction(n, 1);
            set_product<Complex>(correction, column.Z.leftCols(j), Matrix<Complex>(column.c));
            out.W.col(column.number) += correction;
        }
        Block<Complex> w(n, static_cast<Index>(numbers.size())), image(n, w.cols());
        for (Index i = 0; i < w.cols(); ++i) w.col(i) = out.W.col(numbers[static_cast<std::size_t>(i)]);
        problem.apply(numbers, w, image);
        out.products += w.cols();
        for (Index i = 0; i < w.cols(); ++i) {
            const Index c = numbers[static_cast<std::size_t>(i)];
            residual.col(c) = R.col(c) - image.col(i);
            out.residuals(c) = norms<Complex>(Block<Complex>(residual.col(c)), sum)(0);
        }
    }
    return out;
}

}  // namespace lambdabar
