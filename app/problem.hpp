#pragma once
#include "matrix_file.hpp"
#include "report_json.hpp"

#include <optional>

namespace lambdabar::app {

/// A x = λ x, or A x = λ B x with a mass, from files.
/// Throws std::invalid_argument as MatrixFile does, and for files of different sizes.
template <ScalarType S>
class Problem {
public:
    explicit Problem(const Common& files) : matrix_(files.matrix) {
        if (files.mass.empty()) return;
        mass_.emplace(files.mass);
        require_equal_rows(files, matrix_.rows(), mass_->rows());
    }

    Index rows() const { return matrix_.rows(); }
    const MatrixFile<S>& matrix() const { return matrix_; }
    const MatrixFile<S>& mass() const { return *mass_; }
    bool has_mass() const { return mass_.has_value(); }
    const SparseHermitian<S>& A() const { return matrix_.A(); }
    const SparseHermitian<S>* B() const { return mass_ ? &mass_->A() : nullptr; }

    Eigenpairs<S> eigsh(const EigshOptions<S>& options) const {
        return B() ? lambdabar::eigsh(A(), *B(), options) : lambdabar::eigsh(A(), options);
    }
    template <class Bar>
    Pullback<S> pullback(const Eigenpairs<S>& pairs, const Bar& bar, const PullbackOptions<S>& options = {}) const {
        return B() ? lambdabar::pullback(A(), *B(), pairs, bar, options)
                   : lambdabar::pullback(A(), pairs, bar, options);
    }

private:
    MatrixFile<S> matrix_;
    std::optional<MatrixFile<S>> mass_;
};

/// The convention of a gradient on the file's entries: as asked, else `lower` for one triangle and `full` for both.
template <ScalarType S>
Convention convention_for(const MatrixFile<S>& file, const std::optional<Convention>& asked) {
    return asked.value_or(file.A().triangle() == Triangle::both ? Convention::full : Convention::lower);
}

inline const char* name_of(Convention convention) { return convention == Convention::full ? "full" : "lower"; }

}  // namespace lambdabar::app
