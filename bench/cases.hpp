#pragma once
// The problems of the suite as every contender sees them: one operator with counters, in this process or, written to a
// file, in a program of its own.
#include "spin_chains.hpp"

#include <lambdabar/operator/operator_ref.hpp>
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <filesystem>
#include <memory>

namespace bench {

/// An operator that counts its products and the seconds spent in them: all contenders of one process use it. Converts
/// from any operator, which must outlive it.
template <lambdabar::ScalarType S>
class Product {
public:
    using Scalar = S;

    template <lambdabar::FusedLinearMap Op>
        requires(!std::same_as<Op, Product> && std::same_as<typename Op::Scalar, S>)
    Product(const Op& A) : A_(A) {}

    Index rows() const { return A_.rows(); }
    void apply(lambdabar::In<S> X, lambdabar::Out<S> Y) const;
    void apply_fused(lambdabar::In<S> X, const Eigen::VectorXd& shift, double scale, double beta,
                     lambdabar::Out<S> Y) const;

    /// Single-vector products, and seconds in them, since the last reset().
    Index products() const { return products_; }
    double seconds() const { return seconds_; }
    void reset() const { products_ = 0, seconds_ = 0.0; }

private:
    lambdabar::OperatorRef<S> A_;
    mutable Index products_ = 0;
    mutable double seconds_ = 0.0;
};

/// The approximate inverse of A − shift that every contender of a case is given; `none`: products only.
enum class Inverse : std::int64_t { none, incomplete_cholesky };

/// A x = λ x with A stored or an Ising ring, or A x = λ B x with both stored.
template <class S>
struct Case {
    Problem<S> problem;             // its matrix is empty for a ring
    Eigen::SparseMatrix<S> B = {};  // empty: the identity
    IsingRing ring = {};            // spins = 0: none
    Inverse inverse = Inverse::none;
    double inverse_shift = 0.0;  // below the spectrum

    Index rows() const { return ring.spins > 0 ? ring.rows() : problem.A.rows(); }
    bool has_B() const { return B.rows() > 0; }
};

/// Its operators.
template <lambdabar::ScalarType S>
class CaseOperators {
public:
    explicit CaseOperators(const Case<S>& c);
    const Product<S>& A() const { return *A_; }
    const Product<S>* B() const { return B_.get(); }
    /// The stored matrices; nullptr where there is none.
    const lambdabar::SparseHermitian<S>* stored_A() const { return stored_A_.get(); }
    const lambdabar::SparseHermitian<S>* stored_B() const { return stored_B_.get(); }
    /// The case's inverse; empty: none. Its seconds count with those of A.
    const lambdabar::Preconditioner<S>& preconditioner() const { return preconditioner_; }
    /// In products and in the inverse, since the last reset().
    double seconds() const { return A_->seconds() + (B_ ? B_->seconds() : 0.0) + *inverse_seconds_; }
    void reset() const;

private:
    std::unique_ptr<lambdabar::SparseHermitian<S>> stored_A_, stored_B_;
    std::unique_ptr<Product<S>> A_, B_;
    lambdabar::Preconditioner<S> preconditioner_;
    std::shared_ptr<double> inverse_seconds_ = std::make_shared<double>(0.0);
};

/// The file holds: 8 numbers of 64 bits (1 if complex, rows, spins, field as bits, entries of A, entries of B, the
/// inverse, its shift as bits),
/// then for A and B, if they have entries: rows + 1 offsets and the column numbers of 32 bits, padded to 8 bytes, and
/// the values. Compressed rows.
/// Throws std::runtime_error if the file cannot be written or read.
template <class S>
void write_case(const std::filesystem::path& path, const Case<S>& c);
template <class S>
Case<S> read_case(const std::filesystem::path& path);
/// Whether the case in that file is complex.
bool is_complex_case(const std::filesystem::path& path);

}  // namespace bench
