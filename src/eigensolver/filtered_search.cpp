#include "filtered_search.hpp"
#include "ritz_pairs.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kGain = 4.0;    // log of what one filter gains on the damped part: more would not be forgotten cheaply
constexpr Index kPatience = 3;   // steps that do not halve the largest residual
constexpr double kRange = 14.0;  // log of what it may set wanted directions apart
constexpr double kOverflow = 300.0;  // log of the most it may magnify anything by

}  // namespace

template <ScalarType T>
FilteredSearch<T>::FilteredSearch(FusedProduct<T> C, Index n, const KrylovSchurTask& task,
                                  const KrylovSchurResult& known, const Sum& sum)
    : C_(std::move(C)),
      n_(n),
      task_(task),
      sum_(sum),
      k_(task.k),
      width_(width(task.k)),
      capacity_(3 * width_ + 2),
      V_(zeros<T>(n, capacity_)),
      W_(zeros<T>(n, capacity_)),
      H_(Matrix<T>::Zero(capacity_, capacity_)),
      outline_(known.outline.begin(), known.outline.end()),
      known_values_(known.values),
      known_cut_(known.cut),
      scale_(known.scale),
      departure_(known.departure) {
    // Columns of a block: each costs a fraction of a single product.
    if (task_.max_products == 0) task_.max_products = width_ * (20000 + 20 * sum.total(n));
}

template <ScalarType T>
void FilteredSearch<T>::append(Block<T> next) {
    const Index b = orthonormalize<T>(next, V_.leftCols(m_), task_.seed + static_cast<std::uint64_t>(products_), sum_,
                                      "eigs: the filtered block");
    const Block<T> U = next.leftCols(b);
    Block<T> CU(n_, b);
    C_(U, 0.0, 1.0, 0.0, CU);
    products_ += b;
    V_.middleCols(m_, b) = U;
    W_.middleCols(m_, b) = CU;
    H_.block(0, m_, m_ + b, b) = gram<T>(V_.leftCols(m_ + b), CU, sum_, "eigs: the operator's product");
    if (m_ > 0) H_.block(m_, 0, b, m_) = gram<T>(W_.leftCols(m_), U, sum_).adjoint();
    m_ += b;
    basis_size_ = std::max(basis_size_, m_);
}

template <ScalarType T>
void FilteredSearch<T>::rayleigh_ritz() {
    ++iterations_;
    const Matrix<T> H = H_.topLeftCorner(m_, m_);
    schur_ = schur_form<T>(H);
    scale_ = std::max(scale_, schur_.values.cwiseAbs().maxCoeff());
    const Index lead = lead_by_merit<T>(schur_, task_.merit, width_ + 2);
    values_ = schur_.values;
    const double floor = 20.0 * kEps * std::max(scale_, H.norm());
    const double allowed = std::max(task_.tol * scale_, floor);
    allowed_ = Eigen::VectorXd::Constant(m_, allowed);
    const Index count = std::min(closed(width_), lead);
    vectors_ = schur_.Z * triangular_eigenvectors(schur_.T, count, task_.cluster_tol * scale_, margin_ * allowed);

    if constexpr (std::same_as<T, double>) {  // a complex multiple of a real vector could have next to no real part
        for (Index i = 0; i < count; ++i) {
            if (values_(i).imag() == 0.0) turn_to_real(vectors_.col(i));
        }
    }

    // W Z − V Z Θ, the real and imaginary parts of a pair in a column each.
    Block<T> R(n_, count);
    set_product<T>(R, W_.leftCols(m_), columns_in<T>(vectors_, values_));
    add_product<T>(R, V_.leftCols(m_), -columns_in<T>(vectors_ * values_.head(count).asDiagonal(), values_));
    residuals_ = norms<T>(R, sum_, "eigs: the operator's product");
    for (Index i = 0; i + 1 < count; ++i) {
        if (std::same_as<T, double> && values_(i).imag() > 0.0)
            residuals_(i) = residuals_(i + 1) = std::hypot(residuals_(i), residuals_(i + 1));
    }
}

// The filter magnifies all that lies outside the ellipse through the most that it lets grow of the unwanted. What
// bulges beyond the k-th value could hide an eigenvalue.
template <ScalarType T>
bool FilteredSearch<T>::sees_everything() const {
    const double side = task_.merit(1.0) > 0.0 ? 1.0 : -1.0;
    const Complex end = ellipse_.center + side * ellipse_.real_semi_axis(damped_);
    return task_.merit(end) < task_.merit(values_(k_ - 1));
}

template <ScalarType T>
bool FilteredSearch<T>::settled() {
    worst_ = residuals_.head(k_).maxCoeff() / (margin_ * allowed_(0));
    if (!(worst_ <= 1.0)) return false;
    const Index g = closed(k_);
    const double apart = task_.merit(values_(k_ - 1)) - task_.merit(values_(g));
    if (task_.probe && !(residuals_(g) <= allowed_(g)) &&
        !(apart > 10.0 * residuals_(g) + 10.0 * task_.cluster_tol * scale_)) {
        worst_ = std::max(1.0, residuals_(g) / allowed_(g));
        return false;
    }
    guard_ = values_(g);
    guard_residual_ = residuals_(g);
    return true;
}

template <ScalarType T>
void FilteredSearch<T>::fit(const std::vector<Complex>& unwanted, const std::vector<Complex>& wanted) {
    ellipse_ = fit_ellipse(unwanted, wanted, std::same_as<T, double>);
    damped_ = most_ = -std::numeric_limits<double>::infinity();
    least_ = -damped_;
    for (const Complex z : unwanted) damped_ = std::max(damped_, ellipse_.growth(z));
    for (const Complex z : wanted) {
        least_ = std::min(least_, ellipse_.growth(z));
        most_ = std::max(most_, ellipse_.growth(z));
    }
}

// What is damped: all that has been seen beyond the block, the far side by a margin wider than it looks.
template <ScalarType T>
Index FilteredSearch<T>::choose_degree() {
    std::vector<Complex> wanted;
    if (std::isfinite(known_cut_.real())) {  // all has been seen before
        wanted.assign(known_values_.begin(), known_values_.end());
        cut_ = known_cut_;
    } else if (iterations_ == 0) {
        std::sort(outline_.begin(), outline_.end(),
                  [this](Complex a, Complex b) { return task_.merit(a) > task_.merit(b); });
        const std::size_t count = std::min<std::size_t>(2, outline_.size() - 1);
        wanted.assign(outline_.begin(), outline_.begin() + static_cast<std::ptrdiff_t>(count));
        cut_ = outline_[count];
    } else {
        // Ritz values of growing spaces move outwards: what has been seen beyond the block stays seen, unless it was an
        // early image of a wanted value.
        const Index w = std::min(width_, values_.size() - 1), last = std::min(closed(k_), w);
        const double least = task_.merit(values_(last - 1)), next = task_.merit(values_(w));
        const double kept = std::isfinite(cut_.real()) ? task_.merit(cut_) : next;
        if (!(kept > next && least - kept > 0.05 * (least - next))) cut_ = values_(w);
        for (Index i = 0; i < last; ++i) {
            if (residuals_(i) > margin_ * allowed_(i)) wanted.push_back(values_(i));
        }
        if (wanted.empty()) wanted.push_back(values_(last - 1));
    }

    // Of the outline what is far from the cut: near it old Ritz values were poor images of wanted ones.
    std::vector<Complex> inner(values_.begin() + std::min(width_, values_.size()), values_.end()), seen = outline_;
    seen.insert(seen.end(), inner.begin(), inner.end());
    const double cut = task_.merit(cut_), side = task_.merit(1.0) > 0.0 ? 1.0 : -1.0;
    double range = 0.0;
    for (const Complex z : seen) range = std::max(range, cut - task_.merit(z));
    outline_ = convex_hull(std::move(seen));
    std::erase_if(outline_, [&](Complex z) { return cut - task_.merit(z) < 0.01 * range; });
    std::vector<Complex> unwanted{cut_};
    if (std::same_as<T, double>) unwanted.push_back(std::conj(cut_));
    for (const Complex z : outline_)  // 5 % outwards, from the cut and from the real axis
        unwanted.push_back({z.real() + 0.05 * side * (task_.merit(z) - cut), 1.05 * z.imag()});
    fit(unwanted, wanted);
    const std::size_t before = unwanted.size();
    if (std::isfinite(known_cut_.real())) inner.clear();
    for (const Complex z : inner) {  // what this ellipse would let grow
        if (task_.merit(z) < cut && ellipse_.growth(z) > 0.5 * (damped_ + least_)) unwanted.push_back(z);
    }
    if (unwanted.size() > before) fit(unwanted, wanted);
    const double gain = std::max(least_ - damped_, 1e-4);
    double degree = kGain / gain;
    const double needed = (std::log(std::max(worst_, 1.0)) + 1.0) / gain;
    degree = std::min(degree, needed);
    if (most_ > least_) degree = std::min(degree, kRange / (most_ - least_));
    double outermost = most_;  // of what could turn up
    for (const Complex z : {Complex(2.0), Complex(-2.0), Complex(0.0, 2.0), Complex(0.0, -2.0)})
        outermost = std::max(outermost, ellipse_.growth(scale_ * z));
    if (outermost > most_) degree = std::min(degree, kOverflow / (outermost - most_));
    // The estimates of a first step may be far off: the degree grows as they become better.
    if (!std::isfinite(known_cut_.real()))
        degree = std::min(degree, 4.0 * std::max(static_cast<double>(degree_), 15.0));
    return degree_ = std::clamp<Index>(static_cast<Index>(std::ceil(degree)), 4, 1000);
}

template <ScalarType T>
void FilteredSearch<T>::filter(Block<T>& X, Index degree) {
    apply_polynomial<T>({.ellipse = ellipse_, .unit_growth = most_, .degree = degree}, C_, X);
    products_ += degree * X.cols();
}

template <ScalarType T>
Block<T> FilteredSearch<T>::unconverged() const {
    const Matrix<T> all = columns_in<T>(vectors_, values_);
    Matrix<T> Z(m_, all.cols());
    Index count = 0;
    for (Index i = 0; i < all.cols(); ++i) {
        if (residuals_(i) > margin_ * allowed_(i)) Z.col(count++) = all.col(i);
    }
    Z.conservativeResize(m_, count);
    Block<T> X(n_, Z.cols());
    set_product<T>(X, V_.leftCols(m_), Z);
    return X;
}

template <ScalarType T>
void FilteredSearch<T>::shrink(Index p) {
    const Matrix<T> Z = leading_basis<T>(schur_, p);
    const Matrix<T> H = Z.adjoint() * H_.topLeftCorner(m_, m_) * Z;
    rotate<T>(V_.leftCols(m_), Z);
    rotate<T>(W_.leftCols(m_), Z);
    H_.topLeftCorner(p, p) = H;
    m_ = p;
}

template <ScalarType T>
KrylovSchurResult FilteredSearch<T>::solve(const Block<T>& start, bool certain) {
    Block<T> X(n_, width_);
    fill_random<T>(X, task_.seed, 2, sum_);
    if (start.cols() > 0) {
        const Index s = std::min(start.cols(), width_);
        append(Block<T>(start.leftCols(s)));
        if (certain) X.leftCols(s) = start.leftCols(s);
    }
    filter(X, choose_degree());
    append(std::move(X));
    double best = std::numeric_limits<double>::infinity();
    Index since = 0;
    while (true) {
        rayleigh_ritz();
        if (settled()) {
            KrylovSchurResult out = result(StopReason::converged);
            if (out.converged || margin_ < 0.01) return out;
            margin_ *= 0.25;  // the vectors of a pair, or of equal values, need a closer look
            if (settled()) return out;
        }
        if (task_.monitor) {
            Index converged = 0;
            while (converged < k_ && residuals_(converged) <= allowed_(converged)) ++converged;
            if (!task_.monitor(values_.head(k_), residuals_.head(k_), converged, iterations_, products_))
                return result(StopReason::stopped_by_monitor);
        }
        if (worst_ < 0.5 * best) best = worst_, since = 0;
        if (++since > kPatience || products_ >= task_.max_products) return result(StopReason::iteration_limit);
        const Index degree = choose_degree();
        Block<T> next = unconverged();
        filter(next, degree);
        if (m_ + next.cols() > capacity_) shrink(closed(std::min(width_ + 1, capacity_ - next.cols() - 1)));
        append(std::move(next));
    }
}

template <ScalarType T>
KrylovSchurResult FilteredSearch<T>::result(StopReason reason) {
    KrylovSchurResult out;
    out.reason = reason;
    out.values = values_.head(k_);
    out.allowed = allowed_.head(k_);
    const auto apply = [this](In<T> X, Out<T> Y) {
        products_ += X.cols();
        C_(X, 0.0, 1.0, 0.0, Y);
    };
    form_pairs<T>(vectors_.leftCols(closed(k_)), V_.leftCols(m_), apply, sum_, out);
    judge_convergence(sees_everything(), out);
    out.probed = task_.probe;
    out.guard_value = guard_;
    out.guard_residual = guard_residual_;
    out.cut = cut_;
    out.outline = Eigen::Map<const Eigen::VectorXcd>(outline_.data(), static_cast<Index>(outline_.size()));
    out.scale = scale_;
    out.departure = departure_;
    out.products = products_;
    out.iterations = iterations_;
    out.basis_size = basis_size_;
    return out;
}

template class FilteredSearch<double>;
template class FilteredSearch<Complex>;

}  // namespace lambdabar
