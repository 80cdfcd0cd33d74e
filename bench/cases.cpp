#include "cases.hpp"

#include "measure.hpp"

#include <bit>
#include <fstream>
#include <stdexcept>

namespace bench {

namespace {

/// Adds the seconds of its own life.
class Stopwatch {
public:
    explicit Stopwatch(double& total) : total_(total), start_(now()) {}
    ~Stopwatch() { total_ += now() - start_; }

private:
    double& total_;
    double start_;
};

struct Header {
    std::int64_t complex, rows, spins, field, entries_A, entries_B, inverse, inverse_shift;
};

std::int64_t padded(std::int64_t count) { return (count + 1) / 2 * 2; }

template <class S>
void write_matrix(std::ofstream& file, const Eigen::SparseMatrix<S>& stored) {
    const Eigen::SparseMatrix<S, Eigen::RowMajor> M = stored;
    std::vector<std::int32_t> indices(static_cast<std::size_t>(padded(M.rows() + 1 + M.nonZeros())), 0);
    std::copy_n(M.outerIndexPtr(), M.rows() + 1, indices.begin());
    std::copy_n(M.innerIndexPtr(), M.nonZeros(), indices.begin() + M.rows() + 1);
    file.write(reinterpret_cast<const char*>(indices.data()), static_cast<std::streamsize>(4 * indices.size()));
    file.write(reinterpret_cast<const char*>(M.valuePtr()), M.nonZeros() * static_cast<Index>(sizeof(S)));
}

template <class S>
Eigen::SparseMatrix<S> read_matrix(std::ifstream& file, Index rows, Index entries) {
    std::vector<std::int32_t> indices(static_cast<std::size_t>(padded(rows + 1 + entries)));
    std::vector<S> values(static_cast<std::size_t>(entries));
    file.read(reinterpret_cast<char*>(indices.data()), static_cast<std::streamsize>(4 * indices.size()));
    file.read(reinterpret_cast<char*>(values.data()), entries * static_cast<Index>(sizeof(S)));
    if (!file) throw std::runtime_error("a case file ends early");
    return Eigen::Map<const Eigen::SparseMatrix<S, Eigen::RowMajor>>(rows, rows, entries, indices.data(),
                                                                     indices.data() + rows + 1, values.data());
}

Header read_header(std::ifstream& file, const std::filesystem::path& path) {
    Header header{};
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return header;
}

}  // namespace

template <lambdabar::ScalarType S>
void Product<S>::apply(lambdabar::In<S> X, lambdabar::Out<S> Y) const {
    const Stopwatch watch(seconds_);
    products_ += X.cols();
    A_.apply(X, Y);
}

template <lambdabar::ScalarType S>
void Product<S>::apply_fused(lambdabar::In<S> X, const Eigen::VectorXd& shift, double scale, double beta,
                             lambdabar::Out<S> Y) const {
    const Stopwatch watch(seconds_);
    products_ += X.cols();
    A_.apply_fused(X, shift, scale, beta, Y);
}

template <lambdabar::ScalarType S>
CaseOperators<S>::CaseOperators(const Case<S>& c) {
    if constexpr (std::same_as<S, double>) {
        if (c.ring.spins > 0) A_ = std::make_unique<Product<S>>(c.ring);
    }
    if (!A_) {
        stored_A_ = std::make_unique<lambdabar::SparseHermitian<S>>(c.problem.A);
        A_ = std::make_unique<Product<S>>(*stored_A_);
    }
    if (c.has_B()) {
        stored_B_ = std::make_unique<lambdabar::SparseHermitian<S>>(c.B);
        B_ = std::make_unique<Product<S>>(*stored_B_);
    }
    if (c.inverse == Inverse::none) return;
    preconditioner_ = [M = lambdabar::incomplete_cholesky(*stored_A_, c.inverse_shift), seconds = inverse_seconds_](
                          lambdabar::In<S> R, lambdabar::Out<S> Z) {
        const Stopwatch watch(*seconds);
        M(R, Z);
    };
}

template <lambdabar::ScalarType S>
void CaseOperators<S>::reset() const {
    A_->reset();
    if (B_) B_->reset();
    *inverse_seconds_ = 0.0;
}

template <class S>
void write_case(const std::filesystem::path& path, const Case<S>& c) {
    std::ofstream file(path, std::ios::binary);
    const Header header{!std::same_as<S, double>,
                        c.rows(),
                        c.ring.spins,
                        std::bit_cast<std::int64_t>(c.ring.field),
                        c.problem.A.nonZeros(),
                        c.B.nonZeros(),
                        static_cast<std::int64_t>(c.inverse),
                        std::bit_cast<std::int64_t>(c.inverse_shift)};
    file.write(reinterpret_cast<const char*>(&header), sizeof header);
    if (header.entries_A > 0) write_matrix(file, c.problem.A);
    if (header.entries_B > 0) write_matrix(file, c.B);
    if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

template <class S>
Case<S> read_case(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const Header header = read_header(file, path);
    if ((header.complex != 0) == std::same_as<S, double>)
        throw std::runtime_error(path.string() + " is of the other scalar type");
    Case<S> c;
    c.problem.name = path.stem().string();
    c.ring = {static_cast<int>(header.spins), std::bit_cast<double>(header.field)};
    c.inverse = static_cast<Inverse>(header.inverse);
    c.inverse_shift = std::bit_cast<double>(header.inverse_shift);
    if (header.entries_A > 0) c.problem.A = read_matrix<S>(file, header.rows, header.entries_A);
    if (header.entries_B > 0) c.B = read_matrix<S>(file, header.rows, header.entries_B);
    return c;
}

bool is_complex_case(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return read_header(file, path).complex != 0;
}

template class Product<double>;
template class Product<Complex>;
template class CaseOperators<double>;
template class CaseOperators<Complex>;
template void write_case<double>(const std::filesystem::path&, const Case<double>&);
template void write_case<Complex>(const std::filesystem::path&, const Case<Complex>&);
template Case<double> read_case<double>(const std::filesystem::path&);
template Case<Complex> read_case<Complex>(const std::filesystem::path&);

}  // namespace bench
