#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "matrix_market_files.hpp"

using namespace lambdabar;
using namespace matrix_market_files;
namespace fs = std::filesystem;
using Symmetry = MatrixMarketSymmetry;

namespace {

struct Refused {
    std::string text;
    std::string reason;
};

/// The sentence of the refusal, empty when the text was read.
template <class Scalar = double>
std::string refusal(const std::string& text) {
    const fs::path path = file_with(text);
    std::string sentence;
    try {
        read_sparse<Scalar>(path);
    } catch (const std::invalid_argument& error) {
        sentence = error.what();
        CHECK(sentence.find(path.string()) != std::string::npos);
    }
    return sentence;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("matrix market: a malformed header is refused with its line and reason") {
    const std::string banner = "%%MatrixMarket matrix coordinate real general\n";
    const std::vector<Refused> cases{
        {"", "the file is empty"},
        {"\n", "line 1: the file starts with ''"},
        {"hello world\n", "line 1: the file starts with 'hello'"},
        {"%MatrixMarket matrix coordinate real general\n1 1 0\n", "line 1: the file starts with '%MatrixMarket'"},
        {"%%MatrixMarket vector coordinate real general\n", "the object in the banner is 'vector'"},
        {"%%MatrixMarket matrix dense real general\n", "is 'dense', not one of coordinate, array"},
        {"%%MatrixMarket matrix coordinate quaternion general\n", "the field in the banner is 'quaternion'"},
        {"%%MatrixMarket matrix coordinate real\n", "the symmetry in the banner is ''"},
        {"%%MatrixMarket matrix coordinate real general 3\n", "goes on with '3'"},
        {"%%MatrixMarket matrix array pattern general\n1 1\n", "'array' with 'pattern'"},
        {"%%MatrixMarket matrix coordinate real hermitian\n1 1 0\n", "'hermitian' with a field"},
        {"%%MatrixMarket matrix coordinate pattern skew-symmetric\n1 1 0\n", "a pattern has no signs"},
        {"%%MatrixMarket matrix coordinate real symmetric\n2 3 0\n", "line 2: the matrix is 2 x 3"},
        {banner, "line 1: the file ends before the size line"},
        {banner + "% only\n% comments\n", "line 3: the file ends before the size line"},
        {banner + "% comment\n\n3 3\n", "line 4: the size line lacks the number of entries"},
        {banner + "3 3 1 1\n", "line 2: the size line goes on with '1' after 3 numbers"},
        {banner + "0 3 0\n", "the number of rows is 0, less than 1"},
        {banner + "3 -3 0\n", "the number of columns is -3, less than 1"},
        {banner + "3 3 -1\n", "the number of entries is -1, less than 0"},
        {banner + "-99999999999999999999 3 1\n", "less than 1"},
        {banner + "3.0 3 1\n", "the number of rows is '3.0', not an integer"},
        {banner + "3 x 1\n", "the number of columns is 'x', not an integer"},
        {banner + "3 3 99999999999999999999\n", "'99999999999999999999', too large"},
        {banner + "2147483648 3 1\n1 1 1\n", "the matrix is 2147483648 x 3, but indices end at 2147483647"},
        {banner + "3 3 1000000000000000000\n1 1 1\n",
         "declares 1000000000000000000 entries, but the 76 bytes of the file hold at most 12"},
        {banner + "2147483647 2147483647 1\n1 1 1\n", "declares 2147483647 columns, but the file has only"},
        {"%%MatrixMarket matrix array real general\n2147483647 2147483647\n1\n", "ask for 4611686014132420609 entries"},
        {"%%MatrixMarket matrix array real symmetric\n2147483647 2147483647\n1\n", "ask for 2305843008139952128"},
    };
    for (const Refused& refused : cases) {
        const std::string sentence = refusal(refused.text);
        CAPTURE(refused.text);
        CAPTURE(sentence);
        CHECK(contains(sentence, refused.reason));
    }
    const fs::path path = file_with(banner + "100000 100000 1\n1 1 1\n");
    CHECK_THROWS_WITH_AS(read_dense<double>(path), doctest::Contains("use read_sparse"), std::invalid_argument);
    CHECK(read_sparse<double>(path).nonZeros() == 1);
}

TEST_CASE("matrix market: a malformed entry is refused with its line and reason") {
    const auto real = [](const std::string& body) {
        return refusal("%%MatrixMarket matrix coordinate real general\n" + body);
    };
    const std::vector<Refused> cases{
        {"3 4 1\n0 1 1\n", "line 3: the row index is '0', outside 1 to 3"},
        {"3 4 1\n4 1 1\n", "the row index is '4', outside 1 to 3"},
        {"3 4 1\n1 5 1\n", "the column index is '5', outside 1 to 4"},
        {"3 4 1\n1 -1 1\n", "the column index is '-1', outside 1 to 4"},
        {"3 4 1\n1 99999999999999999999 1\n", "outside 1 to 4"},
        {"3 4 1\n1.5 1 1\n", "the row index is '1.5', not an integer"},
        {"3 4 1\n+-1 1 1\n", "the row index is '+-1', not an integer"},
        {"3 4 1\n1\n", "the column index is missing"},
        {"3 4 1\n1 1\n", "the value is missing"},
        {"3 4 1\n1 1 1 1\n", "followed by '1' on its line"},
        {"3 4 1\n1 1 one\n", "the value is 'one', not a finite number"},
        {"3 4 1\n1 1 1.0x\n", "the value is '1.0x', not a finite number"},
        {"3 4 1\n1 1 0x10\n", "the value is '0x10', not a finite number"},
        {"3 4 1\n1 1 1d\n", "the value is '1d', not a finite number"},
        {"3 4 1\n1 1 nan\n", "the value is 'nan', not a finite number"},
        {"3 4 1\n1 1 -Inf\n", "the value is '-Inf', not a finite number"},
        {"3 4 1\n1 1 1e999\n", "the value is '1e999', too large for a double"},
        {"3 4 2\n1 1 1\n% comment\n", "line 4: the file ends after 1 of 2 entries"},
        {"3 4 1\n1 1 1\n\n2 2 1\n", "line 5: the line '2 2 1' follows the last of 1 entries"},
        {"3 4 1\n1 1 " + std::string(2U << 20, '1') + "\n", "line 3: the line is longer than 1048576 bytes"},
        {"3 4 1\n1 1 \x01\xff" + std::string(99, 'z') + "\n", "'??zzzzzz"},
    };
    for (const Refused& refused : cases) {
        const std::string sentence = real(refused.text);
        CAPTURE(refused.reason);
        CAPTURE(sentence);
        CHECK(contains(sentence, refused.reason));
    }
    const std::string matrix = "%%MatrixMarket matrix ";
    CHECK(contains(refusal(matrix + "coordinate real symmetric\n3 3 1\n1 3 1\n"), "(1, 3) lies above the diagonal"));
    CHECK(contains(refusal(matrix + "coordinate real skew-symmetric\n3 3 1\n2 2 0\n"), "(2, 2) lies on the diagonal"));
    CHECK(contains(refusal<Complex>(matrix + "coordinate complex hermitian\n3 3 1\n2 2 1 0.5\n"),
                   "the diagonal entry (2, 2) of a Hermitian matrix has the imaginary part 0.5"));
    CHECK(contains(refusal<Complex>(matrix + "array complex hermitian\n1 1\n1 2\n"), "imaginary part 2"));
    CHECK(contains(refusal<Complex>(matrix + "coordinate complex general\n3 3 1\n2 2 1\n"), "imaginary part"));
    CHECK(contains(refusal(matrix + "coordinate complex general\n3 3 1\n2 2 1 0\n"), "holds complex values"));
    CHECK(contains(refusal(matrix + "coordinate integer general\n3 3 1\n2 2 1.5\n"), "'1.5', not an integer"));
    CHECK(contains(refusal(matrix + "coordinate integer general\n1 1 1\n1 1 9007199254740993\n"), "exactly"));
    CHECK(contains(refusal(matrix + "coordinate integer general\n1 1 1\n1 1 9223372036854775807\n"), "exactly"));
    CHECK(contains(refusal(matrix + "coordinate pattern general\n1 1 1\n1 1 1\n"), "followed by '1'"));
    CHECK(contains(refusal(matrix + "array real general\n1 2\n1 2\n"), "followed by '2'"));
    CHECK(contains(refusal("%%MatrixMarket matrix coordinate real general\n1 1 2\n1 1 1e308\n1 1 1e308\n"),
                   "the repeated entries (1, 1) sum to more than a double holds"));
}

TEST_CASE("matrix market: what is not a readable regular file is refused") {
    const fs::path none = directory().path() / "none.mtx";
    CHECK_THROWS_WITH_AS(read_sparse<double>(none), doctest::Contains("there is no such file"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_matrix_market_header(directory().path()), doctest::Contains("this is a directory"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_dense<double>("/dev/null"), doctest::Contains("not a regular file"),
                         std::invalid_argument);
}

TEST_CASE("matrix market: a file cut before its last number is refused, and one without the final line end is read") {
    const std::vector<std::string> texts{
        "%%MatrixMarket matrix coordinate real symmetric\n% c\n3 3 4\n1 1 12.5\n2 1 -10\n3 1 1e-10\n3 3 25\n\n",
        "%%MatrixMarket matrix coordinate complex hermitian\r\n3 3 2\r\n1 1 12 0\r\n2 1 -10 101\r\n \r\n",
        "%%MatrixMarket matrix array complex general\n10 1\n1 0\n2 0\n3 0\n4 0\n5 0\n6 0\n7 0\n8 0\n9 0\n10 11\n",
        "%%MatrixMarket matrix coordinate pattern general\n10 10 2\n1 1\n10 10\n",
        "%%MatrixMarket matrix coordinate real general\n10 10 0\n",
    };
    for (const std::string& text : texts) {
        const Sparse<Complex> A = parse<Complex>(text);
        const std::size_t content = text.find_last_not_of(" \r\n") + 1;
        const std::size_t last_number = text.find_last_of(" \n", content - 1) + 1;
        for (std::size_t size = 0; size < text.size(); ++size) {
            CAPTURE(size);
            const fs::path path = file_with(text.substr(0, size));
            try {
                const Sparse<Complex> cut = read_sparse<Complex>(path);
                CHECK(size > last_number);  // nothing tells 1.25 from a 1.257 that was cut
                if (size < content) continue;
                CHECK(same(cut, A));
                CHECK(read_dense<Complex>(path) == Matrix<Complex>(A));
            } catch (const std::invalid_argument&) {
                CHECK(size < content);
            }
        }
    }
}

TEST_CASE("matrix market: mutated files are read or refused, and nothing else happens") {
    const std::vector<std::string> texts{
        "%%MatrixMarket matrix coordinate real symmetric\n% c\n3 3 4\n1 1 12.5\n2 1 -10\n3 1 1e-10\n3 3 25\n",
        "%%MatrixMarket matrix coordinate complex hermitian\n3 3 2\n1 1 12 0\n2 1 -10 101\n",
        "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n7\n8\n9\n",
        "%%MatrixMarket matrix coordinate pattern general\n5 4 3\n1 1\n5 4\n2 3\n",
    };
    const std::string alphabet = std::string("0123456789+-.eEdD% \t\r\n\xff naif") + '\0';
    std::mt19937 random(1);
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    int read = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = texts[below(texts.size())];
        for (std::size_t mutation = 0; mutation <= below(3); ++mutation) {
            const std::size_t first = below(8) == 0 ? 0 : std::min(text.find('\n'), text.size() - 1);
            const std::size_t at = first + below(text.size() - first);
            switch (below(4)) {
                case 0:
                    text[at] = alphabet[below(alphabet.size())];
                    break;
                case 1:
                    text.erase(at, 1 + below(8));
                    break;
                case 2:
                    text.insert(at, 1, alphabet[below(alphabet.size())]);
                    break;
                default: {
                    const std::size_t from = below(text.size());
                    text.insert(at, text.substr(from, below(12)));
                }
            }
        }
        const fs::path path = file_with(text);
        try {
            const MatrixMarketHeader header = read_matrix_market_header(path);
            const Sparse<Complex> A = read_sparse<Complex>(path);
            REQUIRE(A.rows() == header.rows);
            REQUIRE(A.cols() == header.cols);
            for (Index col = 0; col < A.cols(); ++col)
                for (int p = A.outerIndexPtr()[col]; p + 1 < A.outerIndexPtr()[col + 1]; ++p)
                    REQUIRE(A.innerIndexPtr()[p] < A.innerIndexPtr()[p + 1]);
            if (header.rows * header.cols < 10000) REQUIRE(read_dense<Complex>(path) == Matrix<Complex>(A));
            ++read;
        } catch (const std::invalid_argument&) {
        }
    }
    CHECK(read > 100);
    CHECK(read < 2900);
}

TEST_CASE("matrix market: what cannot be written is refused and leaves an existing file and its folder untouched") {
    const TemporaryDirectory folder;
    const fs::path path = folder.write("target.mtx", "precious");
    Sparse<Complex> A(2, 2);
    A.insert(0, 1) = Complex(1, 2);
    CHECK_THROWS_WITH_AS(write_matrix_market(path, A, Symmetry::symmetric), doctest::Contains("above the diagonal"),
                         std::invalid_argument);
    Sparse<Complex> D(2, 2);
    D.insert(1, 1) = Complex(1, 2);
    CHECK_THROWS_WITH_AS(write_matrix_market(path, D, Symmetry::hermitian), doctest::Contains("imaginary part 2"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(write_matrix_market(path, D, Symmetry::skew_symmetric),
                         doctest::Contains("(2, 2) lies on the diagonal"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(write_matrix_market(path, Sparse<double>(2, 3), Symmetry::symmetric),
                         doctest::Contains("2 x 3"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(write_matrix_market(path, Matrix<double>(3, 0)), doctest::Contains("3 x 0"),
                         std::invalid_argument);
    Matrix<double> X = Matrix<double>::Ones(400, 400);
    X(399, 399) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(write_matrix_market(path, X), doctest::Contains("(400, 400) is nan"), std::invalid_argument);
    CHECK(folder.read("target.mtx") == "precious");
    CHECK(folder.names() == std::vector<std::string>{"target.mtx"});
    CHECK_THROWS_AS(write_matrix_market(folder.path() / "none" / "x.mtx", D), std::runtime_error);
}
