#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <type_traits>
#include <vector>

#include "matrix_market_files.hpp"

using namespace lambdabar;
using namespace matrix_market_files;
namespace fs = std::filesystem;
using Format = MatrixMarketFormat;
using Field = MatrixMarketField;
using Symmetry = MatrixMarketSymmetry;

namespace {

template <class Scalar>
Scalar random_value(std::mt19937_64& random) {
    std::normal_distribution<double> normal;
    std::uniform_int_distribution<int> exponent(-300, 300);
    const auto real = [&] { return std::ldexp(normal(random), exponent(random)); };
    if constexpr (std::is_same_v<Scalar, Complex>) {
        const double real_part = real();
        return Complex(real_part, real());
    } else {
        return real();
    }
}

/// A compressed matrix whose stored triangle and diagonal are what `symmetry` asks for; some entries are zero.
template <class Scalar>
Sparse<Scalar> random_sparse(Index rows, Index cols, Symmetry symmetry, unsigned seed) {
    std::mt19937_64 random(seed);
    std::bernoulli_distribution present(0.4);
    std::bernoulli_distribution zero(0.1);
    std::vector<Eigen::Triplet<Scalar>> entries;
    for (int j = 0; j < cols; ++j) {
        for (int i = 0; i < rows; ++i) {
            if ((symmetry != Symmetry::general && i < j) || (symmetry == Symmetry::skew_symmetric && i == j)) continue;
            if (!present(random)) continue;
            Scalar value = zero(random) ? Scalar(0.0) : random_value<Scalar>(random);
            if (symmetry == Symmetry::hermitian && i == j) value = Scalar(std::real(value));
            entries.emplace_back(i, j, value);
        }
    }
    Sparse<Scalar> A(rows, cols);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

template <class Scalar>
Matrix<Scalar> expanded(const Sparse<Scalar>& lower, Symmetry symmetry) {
    Matrix<Scalar> X = lower;
    if (symmetry == Symmetry::general) return X;
    for (Index j = 0; j < X.cols(); ++j)
        for (Index i = j + 1; i < X.rows(); ++i)
            X(j, i) = symmetry == Symmetry::hermitian        ? Eigen::numext::conj(X(i, j))
                      : symmetry == Symmetry::skew_symmetric ? Scalar(-X(i, j))
                                                             : X(i, j);
    return X;
}

template <class Scalar>
void check_coordinate_round_trip() {
    for (const Symmetry symmetry :
         {Symmetry::general, Symmetry::symmetric, Symmetry::hermitian, Symmetry::skew_symmetric}) {
        for (const Index n : {1, 2, 7, 40}) {
            const Sparse<Scalar> A = random_sparse<Scalar>(n, n, symmetry, 3);
            const fs::path path = directory().path() / "round_trip.mtx";
            write_matrix_market(path, A, symmetry);
            CAPTURE(static_cast<int>(symmetry));
            CAPTURE(n);
            CHECK(same(read_sparse<Scalar>(path, SymmetricStorage::keep), A));
            CHECK(Matrix<Scalar>(read_sparse<Scalar>(path)) == expanded(A, symmetry));
            CHECK(read_dense<Scalar>(path) == expanded(A, symmetry));
            CHECK(read_matrix_market_header(path).entries == A.nonZeros());
        }
    }
}

}  // namespace

TEST_CASE("matrix market: a written coordinate file reads back to the same pattern and bits") {
    check_coordinate_round_trip<double>();
    check_coordinate_round_trip<Complex>();
    const fs::path path = directory().path() / "rectangle.mtx";
    const Sparse<double> A = random_sparse<double>(3, 11, Symmetry::general, 5);
    write_matrix_market(path, A);
    CHECK(same(read_sparse<double>(path), A));
}

TEST_CASE("matrix market: a written array file reads back to the same bits") {
    const fs::path path = directory().path() / "dense.mtx";
    std::mt19937_64 random(7);
    const Matrix<double> X = Matrix<double>::NullaryExpr(9, 4, [&] { return random_value<double>(random); });
    write_matrix_market(path, X);
    CHECK(read_dense<double>(path) == X);
    CHECK(read_dense<Complex>(path) == X.cast<Complex>());
    CHECK(Matrix<double>(read_sparse<double>(path)) == X);
    write_matrix_market(path, X.middleCols(1, 2));
    CHECK(read_dense<double>(path) == X.middleCols(1, 2));
    write_matrix_market(path, Vector<double>(X.col(3)));
    CHECK(read_dense<double>(path) == X.col(3));
    const Matrix<Complex> Z = Matrix<Complex>::NullaryExpr(5, 5, [&] { return random_value<Complex>(random); });
    write_matrix_market(path, Z);
    CHECK(read_dense<Complex>(path) == Z);
    CHECK(read_matrix_market_header(path).format == Format::array);
    CHECK(read_matrix_market_header(path).field == Field::complex);
    const Vector<double> extremes{{std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(),
                                   std::numeric_limits<double>::min(), -0.0, 0.1}};
    write_matrix_market(path, extremes);
    CHECK(read_dense<double>(path) == extremes);
    CHECK(std::signbit(read_dense<double>(path)(3, 0)));
}

TEST_CASE("matrix market: a file of many chunks reads back to the same matrix") {
    const Sparse<Complex> A = random_sparse<Complex>(400, 400, Symmetry::hermitian, 11);
    const fs::path path = directory().path() / "large.mtx";
    write_matrix_market(path, A, Symmetry::hermitian);
    REQUIRE(fs::file_size(path) > (1U << 20));
    CHECK(same(read_sparse<Complex>(path, SymmetricStorage::keep), A));
}

TEST_CASE("matrix market: every field and symmetry of the coordinate format is read as the standard says") {
    const Matrix<double> pattern{{1, 0}, {1, 1}};
    CHECK(Matrix<double>(parse<double>("%%MatrixMarket matrix coordinate pattern general\n"
                                       "2 2 3\n2 1\n1 1\n2 2\n")) == pattern);
    CHECK(Matrix<double>(parse<double>("%%MatrixMarket matrix coordinate integer symmetric\n"
                                       "2 2 2\n1 1 -4\n2 1 +7\n")) == Matrix<double>{{-4, 7}, {7, 0}});
    CHECK(Matrix<double>(parse<double>("%%MatrixMarket matrix coordinate real skew-symmetric\n"
                                       "2 2 1\n2 1 2.5\n")) == Matrix<double>{{0, -2.5}, {2.5, 0}});
    const Complex i(0, 1);
    const std::string entries = "2 2 2\n1 1 3 0\n2 1 1 2\n";
    CHECK(Matrix<Complex>(parse<Complex>("%%MatrixMarket matrix coordinate complex hermitian\n" + entries)) ==
          Matrix<Complex>{{3, 1.0 - 2.0 * i}, {1.0 + 2.0 * i, 0}});
    CHECK(Matrix<Complex>(parse<Complex>("%%MatrixMarket matrix coordinate complex symmetric\n" + entries)) ==
          Matrix<Complex>{{3, 1.0 + 2.0 * i}, {1.0 + 2.0 * i, 0}});
    CHECK(Matrix<Complex>(parse<Complex>("%%MatrixMarket matrix coordinate complex skew-symmetric\n"
                                         "2 2 1\n2 1 1 2\n")) ==
          Matrix<Complex>{{0, -1.0 - 2.0 * i}, {1.0 + 2.0 * i, 0}});
    CHECK(Matrix<Complex>(parse<Complex>("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 5\n")) ==
          Matrix<Complex>{{5}});
    CHECK(parse<double>("%%MatrixMarket matrix coordinate real general\n3 4 0\n").nonZeros() == 0);
}

TEST_CASE("matrix market: every field and symmetry of the array format is read as the standard says") {
    const auto dense = [](const std::string& banner, const std::string& body) {
        return read_dense<Complex>(file_with("%%MatrixMarket matrix array " + banner + "\n" + body));
    };
    const Complex i(0, 1);
    CHECK(dense("integer general", "2 3\n1\n2\n3\n4\n5\n6\n") == Matrix<Complex>{{1, 3, 5}, {2, 4, 6}});
    CHECK(dense("real symmetric", "2 2\n1\n2\n3\n") == Matrix<Complex>{{1, 2}, {2, 3}});
    CHECK(dense("real skew-symmetric", "3 3\n1\n2\n3\n") == Matrix<Complex>{{0, -1, -2}, {1, 0, -3}, {2, 3, 0}});
    CHECK(dense("real skew-symmetric", "1 1\n") == Matrix<Complex>{{0}});
    CHECK(dense("complex hermitian", "2 2\n1 0\n2 5\n3 0\n") ==
          Matrix<Complex>{{1, 2.0 - 5.0 * i}, {2.0 + 5.0 * i, 3}});
    const Sparse<double> A = parse<double>("%%MatrixMarket matrix array real symmetric\n2 2\n0\n2\n0\n");
    CHECK(A.nonZeros() == 4);  // an array file has a full pattern
    CHECK(read_dense<double>(file_with("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n2 1\n2 1\n")) ==
          Matrix<double>{{0, 1}, {1, 0}});
}

TEST_CASE("matrix market: CRLF, comments, blank lines, blanks, case and Fortran exponents do not matter") {
    const Sparse<double> A = parse<double>("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 150\n2 1 -1\n");
    CHECK(same(A, parse<double>("%%matrixmarket MATRIX Coordinate REAL General  \r\n% one\r\n\r\n  % two\r\n%\r\n"
                                "\t2  2 2 \r\n\r\n  1\t1 1.5D+02\r\n% three\r\n 2 1 -1d0  \r\n\r\n \r\n% end")));
    CHECK(same(A, parse<double>("%%MatrixMarket matrix coordinate real general\n%" + std::string(3U << 20, 'x') +
                                "\n2 2 2\n+1 1 +1.5e2\n2 1 -1.\n")));
    CHECK(parse<double>("%%MatrixMarket matrix array real general\n1 1\n1e-400\n").coeff(0, 0) == 0.0);
}

TEST_CASE("matrix market: unsorted entries are sorted, repeated ones summed, explicit zeros kept") {
    const Sparse<double> A = parse<double>(
        "%%MatrixMarket matrix coordinate real symmetric\n"
        "3 3 6\n3 1 1\n2 2 0\n3 1 0.5\n2 1 -2\n2 1 2\n1 1 4\n");
    CHECK(A.isCompressed());
    CHECK(A.nonZeros() == 6);
    CHECK(std::vector<int>(A.innerIndexPtr(), A.innerIndexPtr() + 6) == std::vector<int>{0, 1, 2, 0, 1, 0});
    CHECK(Matrix<double>(A) == Matrix<double>{{4, 0, 1.5}, {0, 0, 0}, {1.5, 0, 0}});
    CHECK(parse<double>("%%MatrixMarket matrix coordinate pattern general\n1 1 2\n1 1\n1 1\n").coeff(0, 0) == 1.0);
}

TEST_CASE("matrix market: detect_symmetry recognises exact symmetry whatever the header said") {
    const auto symmetry_of = [](const std::string& entries) {
        return detect_symmetry(parse<double>("%%MatrixMarket matrix coordinate real general\n" + entries));
    };
    CHECK(symmetry_of("2 2 3\n1 1 1\n2 1 5\n1 2 5\n") == Symmetry::symmetric);
    CHECK(symmetry_of("2 2 3\n1 1 0\n2 1 5\n1 2 -5\n") == Symmetry::skew_symmetric);
    CHECK(symmetry_of("2 2 3\n1 1 1\n2 1 5\n1 2 -5\n") == Symmetry::general);
    CHECK(symmetry_of("2 2 2\n1 1 1\n2 1 5\n") == Symmetry::general);
    CHECK(symmetry_of("2 2 2\n1 1 1\n1 2 5\n") == Symmetry::general);
    CHECK(symmetry_of("2 2 2\n1 1 1\n1 2 0\n") == Symmetry::symmetric);  // not stored counts as zero
    CHECK(symmetry_of("2 2 0\n") == Symmetry::symmetric);
    CHECK(symmetry_of("2 3 0\n") == Symmetry::general);

    for (const Symmetry symmetry : {Symmetry::symmetric, Symmetry::hermitian, Symmetry::skew_symmetric}) {
        const fs::path path = directory().path() / "symmetry.mtx";
        write_matrix_market(path, random_sparse<Complex>(30, 30, symmetry, 17), symmetry);
        Sparse<Complex> A = read_sparse<Complex>(path);
        CHECK(detect_symmetry(A) == symmetry);
        Sparse<Complex> perturbed = A;
        const double size = Matrix<Complex>(A).cwiseAbs().maxCoeff();
        perturbed.coeffRef(20, 3) += 1e-6 * size;
        CHECK(detect_symmetry(perturbed) == Symmetry::general);
        CHECK(detect_symmetry(perturbed, 1e-7) == Symmetry::general);
        CHECK(detect_symmetry(perturbed, 1e-5) == symmetry);
        A.coeffRef(4, 4) = std::numeric_limits<double>::quiet_NaN();
        CHECK(detect_symmetry(A, 1e-5) == Symmetry::general);
    }
    CHECK(detect_symmetry(Sparse<Complex>(2, 2)) == Symmetry::hermitian);
    CHECK_THROWS_AS(detect_symmetry(Sparse<double>(2, 2), -1.0), std::invalid_argument);
    CHECK_THROWS_AS(detect_symmetry(Sparse<double>(2, 2), std::nan("")), std::invalid_argument);
}

TEST_CASE("matrix market: every file of LAMBDABAR_TEST_DATA is read and survives a round trip") {
    const char* const folder = std::getenv("LAMBDABAR_TEST_DATA");
    if (folder == nullptr) {
        MESSAGE("skipped: LAMBDABAR_TEST_DATA is not set");
        return;
    }
    std::map<std::string, Symmetry> found;
    for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
        if (file.path().extension() != ".mtx") continue;
        CAPTURE(file.path());
        std::ifstream stream(file.path());
        while (stream.peek() == '%') stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        std::array<std::int64_t, 3> sizes{};
        stream >> sizes[0] >> sizes[1] >> sizes[2];
        const MatrixMarketHeader header = read_matrix_market_header(file.path());
        CHECK(sizes == std::array<std::int64_t, 3>{header.rows, header.cols, header.entries});
        const auto A = read_sparse<Complex>(file.path(), SymmetricStorage::keep);
        CHECK(A.rows() == header.rows);
        CHECK(A.cols() == header.cols);
        CHECK(A.nonZeros() == header.entries);
        const fs::path copy = directory().path() / "copy.mtx";
        write_matrix_market(copy, A, header.symmetry);
        CHECK(same(read_sparse<Complex>(copy, SymmetricStorage::keep), A));
        if (header.field != Field::complex)
            found[file.path().stem()] = detect_symmetry(read_sparse<double>(file.path()), 1e-14);
    }
    CHECK_FALSE(found.empty());
    for (const char* name : {"ani4", "elast_a", "elast_b", "graphene_16x16"})  // headers say general; ani4 to 3e-15
        if (found.contains(name)) CHECK_MESSAGE(found[name] == Symmetry::symmetric, name);
}
