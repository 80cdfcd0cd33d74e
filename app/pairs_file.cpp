#include "pairs_file.hpp"

#include "output_files.hpp"

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lambdabar::app {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

constexpr std::pair<StopReason, const char*> kReasons[] = {{StopReason::converged, "converged"},
                                                           {StopReason::iteration_limit, "iteration limit"},
                                                           {StopReason::stopped_by_monitor, "stopped by monitor"}};

/// NaN has no JSON form: null.
double number(const Json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Eigen::VectorXd numbers(const Json& list) {
    Eigen::VectorXd all(static_cast<Index>(list.size()));
    Index i = 0;
    for (const Json& value : list) all(i++) = number(value);
    return all;
}

Json list(const Eigen::VectorXd& v) { return Json(std::vector<double>(v.begin(), v.end())); }

template <class... Parts>
void require(bool condition, const fs::path& file, const Parts&... parts) {
    if (condition) return;
    std::ostringstream message;
    message.precision(12);
    message << file.string() << ": ";
    (message << ... << parts);
    throw std::invalid_argument(message.str());
}

Json parse(const fs::path& file) {
    std::ifstream stream(file);
    require(stream.good(), file, "cannot be read");
    try {
        return Json::parse(stream);
    } catch (const Json::exception& error) {
        require(false, file, "is not the report of an eigsh run: ", error.what());
    }
    return {};
}

/// Everything in the report that values and vectors do not hold.
template <ScalarType S>
void take_report(const Json& json, Eigenpairs<S>& pairs) {
    pairs.which = json.at("which") == "largest" ? Which::largest : Which::smallest;
    pairs.converged = json.at("converged").get<bool>();
    for (const auto& reason : kReasons) {
        if (json.at("reason") == reason.second) pairs.reason = reason.first;
    }
    pairs.residuals = numbers(json.at("residuals"));
    pairs.norm_A = number(json.at("norm_A"));
    pairs.tol = number(json.at("tol"));
    pairs.cluster_tol = number(json.at("cluster_tol"));
    for (const Json& cluster : json.at("clusters"))
        pairs.clusters.push_back({cluster.at("first").get<Index>(), cluster.at("count").get<Index>()});
    pairs.guard_value = number(json.at("guard_value"));
    pairs.guard_residual = number(json.at("guard_residual"));
    pairs.cuts_cluster = json.at("cuts_cluster").get<bool>();
    pairs.probed = json.at("probed").get<bool>();
    pairs.products = json.at("products").get<Index>();
    pairs.iterations = json.at("iterations").get<Index>();
    pairs.engine = json.at("engine").get<std::string>();
}

/// Clusters must be a partition of 0 … k − 1, numbers finite.
template <ScalarType S>
void check_report(const fs::path& file, const Eigenpairs<S>& pairs) {
    const Index k = pairs.size();
    require(pairs.residuals.size() == k, file, "holds ", pairs.residuals.size(), " residuals for ", k, " values");
    require(pairs.norm_A > 0.0 && std::isfinite(pairs.norm_A) && pairs.tol >= 0.0 && pairs.cluster_tol >= 0.0, file,
            "norm_A = ", pairs.norm_A, ", tol = ", pairs.tol, " or cluster_tol = ", pairs.cluster_tol,
            " is out of range");
    const double worst = pairs.residuals.maxCoeff(), allowed = pairs.tol * pairs.norm_A;
    require(!pairs.converged || (pairs.residuals.array() <= allowed).all(), file, "says converged, with a residual of ",
            worst, " above the tolerance ", allowed);
    Index next = 0;
    for (const Cluster& cluster : pairs.clusters) {
        require(cluster.first == next && cluster.count >= 1 && cluster.count <= k - next, file, "cluster (first ",
                cluster.first, ", count ", cluster.count, ") does not continue a partition of ", k, " pairs at ", next);
        next += cluster.count;
    }
    require(next == k, file, "the clusters hold ", next, " of ", k, " pairs");
}

/// Are these eigenpairs of this matrix? A X − X Λ and XᴴX, against what the report says.
template <ScalarType S>
void check_pairs(const fs::path& prefix, const SparseHermitian<S>& A, Eigenpairs<S>& pairs) {
    const fs::path file = with_suffix(prefix, ".vectors.mtx");
    const Block<S> X = pairs.vectors;
    Block<S> R(X.rows(), X.cols());
    A.apply_fused(X, pairs.values, 1.0, 0.0, R);
    const Eigen::VectorXd residuals = norms<S>(R);
    // The same product in another order: n-independent multiples of eps ‖A‖, and the printed residual itself.
    for (Index i = 0; i < pairs.size(); ++i) {
        const double allowed = 2.0 * pairs.residuals(i) + 1e3 * kEps * pairs.norm_A;
        const bool tested = pairs.converged || !std::isnan(pairs.residuals(i));
        require(!tested || residuals(i) <= allowed, file,
                "these are not eigenpairs of this matrix: ‖A x − λ x‖ = ", residuals(i), " for pair ", i + 1,
                " (λ = ", pairs.values(i), "), where ", with_suffix(prefix, ".json").string(), " says ",
                pairs.residuals(i));
    }
    const double skew = (gram<S>(X, X) - Matrix<S>::Identity(X.cols(), X.cols())).norm();
    require(skew <= 1e-8, file, "the vectors are not orthonormal: ‖XᴴX − I‖ = ", skew);
    pairs.residuals = residuals;
}

}  // namespace

template <ScalarType S>
Json report_of(const Eigenpairs<S>& pairs) {
    Json json;
    json["k"] = pairs.size();
    json["which"] = pairs.which == Which::smallest ? "smallest" : "largest";
    json["converged"] = pairs.converged;
    for (const auto& reason : kReasons) {
        if (pairs.reason == reason.first) json["reason"] = reason.second;
    }
    json["values"] = list(pairs.values);
    json["residuals"] = list(pairs.residuals);
    json["tol"] = pairs.tol;
    json["norm_A"] = pairs.norm_A;
    json["cluster_tol"] = pairs.cluster_tol;
    json["clusters"] = Json::array();
    for (const Cluster& cluster : pairs.clusters)
        json["clusters"].push_back({{"first", cluster.first}, {"count", cluster.count}});
    json["guard_value"] = pairs.guard_value;
    json["guard_residual"] = pairs.guard_residual;
    json["cuts_cluster"] = pairs.cuts_cluster;
    json["probed"] = pairs.probed;
    json["products"] = pairs.products;
    json["iterations"] = pairs.iterations;
    json["basis_size"] = pairs.basis_size;
    json["filter_degree"] = pairs.filter_degree;
    json["engine"] = pairs.engine;
    return json;
}

template <ScalarType S>
Eigenpairs<S> read_pairs(const fs::path& prefix, const SparseHermitian<S>& A) {
    const fs::path values_file = with_suffix(prefix, ".values.mtx"), vectors_file = with_suffix(prefix, ".vectors.mtx");
    const fs::path report_file = with_suffix(prefix, ".json");
    Eigenpairs<S> pairs;
    const Matrix<double> values = read_dense<double>(values_file);
    require(values.cols() == 1, values_file, "holds a ", values.rows(), "×", values.cols(), " matrix, not a column");
    pairs.values = values;
    pairs.vectors = read_dense<S>(vectors_file);
    require(pairs.vectors.cols() == pairs.size() && pairs.vectors.rows() == A.rows(), vectors_file, "holds a ",
            pairs.vectors.rows(), "×", pairs.vectors.cols(), " matrix; ", pairs.size(), " values and a matrix of size ",
            A.rows(), " need ", A.rows(), "×", pairs.size());
    const Json json = parse(report_file);
    try {
        take_report(json, pairs);
    } catch (const Json::exception& error) {
        require(false, report_file, "is not the report of an eigsh run: ", error.what());
    }
    check_report(report_file, pairs);
    check_pairs(prefix, A, pairs);
    return pairs;
}

template <ScalarType S>
std::string not_converged_sentence(const Eigenpairs<S>& pairs) {
    std::ostringstream message;
    message.precision(12);
    message << "eigsh has not converged after " << pairs.products << " products: ";
    Index worst = 0;
    for (Index i = 0; i < pairs.size(); ++i) {
        if (!(pairs.residuals(i) <= pairs.residuals(worst))) worst = i;
    }
    const double allowed = pairs.tol * pairs.norm_A;
    if (pairs.residuals(worst) <= allowed) {
        message << "the pair beyond the " << pairs.size() << " wanted ones (λ = " << pairs.guard_value << ", residual "
                << pairs.guard_residual << ") is not known well enough to say whether the set is complete";
    } else if (std::isnan(pairs.residuals(worst))) {
        message << "pair " << worst + 1 << " of " << pairs.size() << " (λ near " << pairs.values(worst)
                << ") was never near enough to be tested";
    } else {
        message << "pair " << worst + 1 << " of " << pairs.size() << " (λ near " << pairs.values(worst)
                << ") has the residual " << pairs.residuals(worst) << ", the tolerance is " << allowed;
    }
    return message.str();
}

#define LAMBDABAR_INSTANTIATE(S)                                                      \
    template Json report_of<S>(const Eigenpairs<S>&);                                 \
    template Eigenpairs<S> read_pairs<S>(const fs::path&, const SparseHermitian<S>&); \
    template std::string not_converged_sentence<S>(const Eigenpairs<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::app
