#pragma once
#include "report_json.hpp"

#include <memory>
#include <optional>

namespace lambdabar::app {

/// A square matrix from a Matrix Market file, whatever its symmetry: all entries, both triangles.
/// Throws std::invalid_argument with the file's name for files that cannot be read or are not square.
template <ScalarType S>
class GeneralMatrixFile {
public:
    explicit GeneralMatrixFile(const fs::path& path)
        : matrix_(read_sparse<S>(path)), real_(read_matrix_market_header(path).field != MatrixMarketField::complex) {
        try {
            view_ = std::make_unique<SparseGeneral<S>>(matrix_);
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(path.string() + ": " + error.what());
        }
    }
    GeneralMatrixFile(const GeneralMatrixFile&) = delete;
    GeneralMatrixFile& operator=(const GeneralMatrixFile&) = delete;

    const SparseGeneral<S>& A() const { return *view_; }
    Index rows() const { return matrix_.rows(); }

    /// The stored entries with other values, both triangles; their real parts if the file is real.
    void write(const fs::path& path, const Vector<S>& values) const {
        Eigen::SparseMatrix<S> M = matrix_;
        std::copy(values.begin(), values.end(), M.valuePtr());
        if (real_) {
            write_matrix_market(path, Eigen::SparseMatrix<double>(M.real()));
        } else {
            write_matrix_market(path, M);
        }
    }

private:
    Eigen::SparseMatrix<S> matrix_;
    bool real_;
    std::unique_ptr<SparseGeneral<S>> view_;
};

/// A x = λ x, or A x = λ B x with a mass, without symmetry, from files.
template <ScalarType S>
class GeneralProblem {
public:
    explicit GeneralProblem(const Common& files) : matrix_(files.matrix) {
        if (files.mass.empty()) return;
        mass_.emplace(files.mass);
        require_equal_rows(files, matrix_.rows(), mass_->rows());
    }

    Index rows() const { return matrix_.rows(); }
    const GeneralMatrixFile<S>& matrix() const { return matrix_; }
    const GeneralMatrixFile<S>& mass() const { return *mass_; }
    const SparseGeneral<S>& A() const { return matrix_.A(); }
    const SparseGeneral<S>* B() const { return mass_ ? &mass_->A() : nullptr; }

    GeneralEigenpairs<S> eigs(const EigsOptions<S>& options) const {
        return B() ? lambdabar::eigs(A(), *B(), options) : lambdabar::eigs(A(), options);
    }
    template <class Bar>
    GeneralPullback<S> pullback(const GeneralEigenpairs<S>& pairs, const Bar& bar,
                                const GeneralPullbackOptions& options) const {
        return B() ? lambdabar::pullback(A(), *B(), pairs, bar, options)
                   : lambdabar::pullback(A(), pairs, bar, options);
    }

private:
    GeneralMatrixFile<S> matrix_;
    std::optional<GeneralMatrixFile<S>> mass_;
};

}  // namespace lambdabar::app
