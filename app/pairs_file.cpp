#include "pairs_file.hpp"

#include "output_files.hpp"
#include "pairs_check.hpp"

#include <cmath>
#include <sstream>

namespace lambdabar::app {

namespace {

constexpr std::pair<StopReason, const char*> kReasons[] = {{StopReason::converged, "converged"},
                                                           {StopReason::iteration_limit, "iteration limit"},
                                                           {StopReason::stopped_by_monitor, "stopped by monitor"}};

constexpr std::pair<Which, const char*> kWhich[] = {
    {Which::smallest, "smallest"}, {Which::largest, "largest"}, {Which::nearest, "nearest"}};

/// Everything in the report that values and vectors do not hold.
template <ScalarType S>
void take_report(const Json& json, Eigenpairs<S>& pairs) {
    for (const auto& which : kWhich) {
        if (json.at("which") == which.second) pairs.which = which.first;
    }
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
    pairs.certified = json.value("certified", false);
    if (json.contains("sigma")) pairs.sigma = number(json["sigma"]);
    pairs.singular_B = json.value("singular_B", false);
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
    for (Index i = 0; i < k; ++i) {
        require(!pairs.converged || pairs.residuals(i) <= allowed_residual(pairs, i), file,
                "says converged, with a residual of ", pairs.residuals(i), " above the tolerance ",
                allowed_residual(pairs, i));
    }
    Index next = 0;
    for (const Cluster& cluster : pairs.clusters) {
        require(cluster.first == next && cluster.count >= 1 && cluster.count <= k - next, file, "cluster (first ",
                cluster.first, ", count ", cluster.count, ") does not continue a partition of ", k, " pairs at ", next);
        next += cluster.count;
    }
    require(next == k, file, "the clusters hold ", next, " of ", k, " pairs");
}

}  // namespace

template <ScalarType S>
Json report_of(const Eigenpairs<S>& pairs) {
    Json json;
    json["k"] = pairs.size();
    for (const auto& which : kWhich) {
        if (pairs.which == which.first) json["which"] = which.second;
    }
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
    json["certified"] = pairs.certified;
    json["sigma"] = pairs.sigma;
    json["singular_B"] = pairs.singular_B;
    json["products"] = pairs.products;
    json["solves"] = pairs.solves;
    json["factorizations"] = pairs.factorizations;
    json["preconditioned"] = pairs.preconditioned;
    json["iterations"] = pairs.iterations;
    json["basis_size"] = pairs.basis_size;
    json["filter_degree"] = pairs.filter_degree;
    json["engine"] = pairs.engine;
    if (!pairs.plan.empty()) json["plan"] = pairs.plan;
    return json;
}

/// A report without the key "mass" is of a standard problem.
void check_mass(const fs::path& file, const Json& json, bool has_mass) {
    const bool found_with_mass = json.contains("mass") && json["mass"].is_string();
    require(!found_with_mass || has_mass, file, "the pairs are of A x = λ B x: give --mass ",
            found_with_mass ? json["mass"].get<std::string>() : "");
    require(found_with_mass || !has_mass, file, "the pairs are of A x = λ x: give --mass to eigsh too");
}

template <ScalarType S>
Eigenpairs<S> read_pairs(const fs::path& prefix, const Problem<S>& problem) {
    const fs::path values_file = with_suffix(prefix, ".values.mtx"), vectors_file = with_suffix(prefix, ".vectors.mtx");
    const fs::path report_file = with_suffix(prefix, ".json");
    Eigenpairs<S> pairs;
    const Matrix<double> values = read_dense<double>(values_file);
    require(values.cols() == 1, values_file, "holds a ", values.rows(), "×", values.cols(), " matrix, not a column");
    pairs.values = values;
    pairs.vectors = read_dense<S>(vectors_file);
    require(pairs.vectors.cols() == pairs.size() && pairs.vectors.rows() == problem.rows(), vectors_file, "holds a ",
            pairs.vectors.rows(), "×", pairs.vectors.cols(), " matrix; ", pairs.size(), " values and a matrix of size ",
            problem.rows(), " need ", problem.rows(), "×", pairs.size());
    const Json json = parse_report(report_file, "eigsh");
    try {
        check_mass(report_file, json, problem.has_mass());
        take_report(json, pairs);
    } catch (const Json::exception& error) {
        require(false, report_file, "is not the report of an eigsh run: ", error.what());
    }
    check_report(report_file, pairs);
    check_pairs(prefix, problem, pairs);
    return pairs;
}

template <ScalarType S>
double allowed_residual(const Eigenpairs<S>& pairs, Index i) {
    if (std::isnan(pairs.sigma)) return pairs.tol * pairs.norm_A;
    constexpr double kRounding = 4.0 * std::numeric_limits<double>::epsilon();  // of λ − σ
    const double value = pairs.values(i);
    return pairs.tol * (std::abs(value - pairs.sigma) + kRounding * (std::abs(value) + std::abs(pairs.sigma)));
}

template <ScalarType S>
std::string not_converged_sentence(const Eigenpairs<S>& pairs) {
    std::ostringstream message;
    message.precision(12);
    message << "eigsh has not converged after ";
    message << (pairs.solves > 0 ? pairs.solves : pairs.products) << (pairs.solves > 0 ? " solves: " : " products: ");
    Index worst = 0;
    const auto excess = [&](Index i) { return pairs.residuals(i) / allowed_residual(pairs, i); };
    for (Index i = 0; i < pairs.size(); ++i) {
        if (!(excess(i) <= excess(worst))) worst = i;
    }
    const double allowed = allowed_residual(pairs, worst);
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

#define LAMBDABAR_INSTANTIATE(S)                                              \
    template Json report_of<S>(const Eigenpairs<S>&);                         \
    template Eigenpairs<S> read_pairs<S>(const fs::path&, const Problem<S>&); \
    template double allowed_residual<S>(const Eigenpairs<S>&, Index);         \
    template std::string not_converged_sentence<S>(const Eigenpairs<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::app
