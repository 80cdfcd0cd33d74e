#include "general_pairs_file.hpp"

#include "output_files.hpp"

#include <cmath>
#include <fstream>
#include <sstream>

namespace lambdabar::app {

namespace {

using Complex = std::complex<double>;
constexpr double kSkew = 1e-8;  // of YᴴBX from I

constexpr std::pair<Which, const char*> kWhich[] = {{Which::largest_magnitude, "largest_magnitude"},
                                                    {Which::rightmost, "rightmost"},
                                                    {Which::leftmost, "leftmost"},
                                                    {Which::largest_imaginary, "largest_imaginary"},
                                                    {Which::nearest, "nearest"}};

Json pair_of(Complex z) { return Json::array({Json(z.real()), Json(z.imag())}); }

Complex complex_number(const Json& value) { return {number(value.at(0)), number(value.at(1))}; }

template <ScalarType S>
void take_report(const Json& json, GeneralEigenpairs<S>& pairs) {
    for (const auto& which : kWhich) {
        if (json.at("which") == which.second) pairs.which = which.first;
    }
    pairs.converged = json.at("converged").get<bool>();
    pairs.reason = pairs.converged ? StopReason::converged : StopReason::iteration_limit;
    pairs.residuals = numbers(json.at("residuals"));
    pairs.left_residuals = numbers(json.at("left_residuals"));
    pairs.conditions = numbers(json.at("conditions"));
    pairs.errors = numbers(json.at("errors"));
    pairs.norm_A = number(json.at("norm_A"));
    pairs.tol = number(json.at("tol"));
    pairs.cluster_tol = number(json.at("cluster_tol"));
    for (const Json& cluster : json.at("clusters")) pairs.clusters.push_back(cluster.get<std::vector<Index>>());
    pairs.guard_value = complex_number(json.at("guard_value"));
    pairs.guard_residual = number(json.at("guard_residual"));
    pairs.cuts_cluster = json.at("cuts_cluster").get<bool>();
    pairs.cuts_conjugate_pair = json.at("cuts_conjugate_pair").get<bool>();
    pairs.probed = json.at("probed").get<bool>();
    pairs.sigma = complex_number(json.at("sigma"));
    pairs.warning = json.at("warning").get<std::string>();
}

template <ScalarType S>
void check_report(const fs::path& file, const GeneralEigenpairs<S>& pairs) {
    const Index k = pairs.size();
    for (const Eigen::VectorXd* entries : {&pairs.residuals, &pairs.left_residuals, &pairs.conditions, &pairs.errors})
        require(entries->size() == k, file, "holds ", entries->size(), " numbers where there are ", k, " values");
    std::vector<bool> seen(static_cast<std::size_t>(k), false);
    for (const auto& cluster : pairs.clusters) {
        for (const Index i : cluster) {
            require(i >= 0 && i < k && !seen[static_cast<std::size_t>(i)], file, "the clusters are no partition of ", k,
                    " pairs: position ", i);
            seen[static_cast<std::size_t>(i)] = true;
        }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) require(seen[i], file, "pair ", i, " is in no cluster");
}

/// M X for complex columns.
template <ScalarType S>
Matrix<Complex> times(const SparseGeneral<S>& M, bool adjoint, const Matrix<Complex>& X) {
    const auto apply = [&](const Block<S>& in) {
        Block<S> out(in.rows(), in.cols());
        adjoint ? M.apply_adjoint(in, out) : M.apply(in, out);
        return out;
    };
    if constexpr (std::same_as<S, double>) {
        return apply(X.real()).template cast<Complex>() + Complex(0, 1) * apply(X.imag()).template cast<Complex>();
    } else {
        return apply(X);
    }
}

template <ScalarType S>
double row_sum_norm(const SparseGeneral<S>& M) {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(M.rows());
    for (Index o = 0; o < M.pattern().outer; ++o) {
        for (int e = M.pattern().start[o]; e < M.pattern().start[o + 1]; ++e)
            sums(M.position(o, e).first) += std::abs(M.stored_values()[e]);
    }
    return sums.size() > 0 ? sums.maxCoeff() : 0.0;
}

/// ‖A x − λ B x‖ and its like for y, against 1e-6 of ‖A‖ + |λ|‖B‖: a report's residual is in other units with B.
template <ScalarType S>
void check_pairs(const fs::path& prefix, const GeneralProblem<S>& problem, const GeneralEigenpairs<S>& pairs) {
    const double norm_A = row_sum_norm(problem.A()), norm_B = problem.B() ? row_sum_norm(*problem.B()) : 1.0;
    for (const bool left : {false, true}) {
        const Matrix<Complex>& X = left ? pairs.left : pairs.vectors;
        const fs::path file = with_suffix(prefix, left ? ".left.mtx" : ".vectors.mtx");
        const Matrix<Complex> BX = problem.B() ? times(*problem.B(), left, X) : X;
        const Matrix<Complex> R =
            times(problem.A(), left, X) - BX * (left ? pairs.values.conjugate().eval() : pairs.values).asDiagonal();
        for (Index i = 0; i < pairs.size(); ++i) {
            const double allowed = 1e-6 * (norm_A + std::abs(pairs.values(i)) * norm_B) * X.col(i).norm();
            require(R.col(i).norm() <= allowed || !pairs.converged, file,
                    "these are not eigenvectors of this problem: the residual of pair ", i + 1,
                    " (λ = ", pairs.values(i), ") is ", R.col(i).norm(), ", at most ", allowed, " is expected");
        }
        if (left) continue;
        const double skew = (pairs.left.adjoint() * BX - Matrix<Complex>::Identity(pairs.size(), pairs.size())).norm();
        require(skew <= kSkew * std::max(1.0, pairs.left.norm()), file,
                "right and left vectors are not bi-orthonormal: ‖YᴴBX − I‖ = ", skew);
    }
}

}  // namespace

template <ScalarType S>
Json report_of(const GeneralEigenpairs<S>& pairs) {
    Json json;
    json["k"] = pairs.size();
    for (const auto& which : kWhich) {
        if (pairs.which == which.first) json["which"] = which.second;
    }
    json["converged"] = pairs.converged;
    json["reason"] = pairs.converged                                  ? "converged"
                     : pairs.reason == StopReason::stopped_by_monitor ? "stopped by monitor"
                                                                      : "iteration limit";
    json["values"] = Json::array();
    for (const Complex value : pairs.values) json["values"].push_back(pair_of(value));
    json["residuals"] = list(pairs.residuals);
    json["left_residuals"] = list(pairs.left_residuals);
    json["conditions"] = list(pairs.conditions);
    json["errors"] = list(pairs.errors);
    json["tol"] = pairs.tol;
    json["norm_A"] = pairs.norm_A;
    json["cluster_tol"] = pairs.cluster_tol;
    json["clusters"] = pairs.clusters;
    json["guard_value"] = pair_of(pairs.guard_value);
    json["guard_residual"] = pairs.guard_residual;
    json["cuts_cluster"] = pairs.cuts_cluster;
    json["cuts_conjugate_pair"] = pairs.cuts_conjugate_pair;
    json["probed"] = pairs.probed;
    json["sigma"] = pair_of(pairs.sigma);
    json["departure_from_normality"] = pairs.departure_from_normality;
    json["warning"] = pairs.warning;
    json["products"] = pairs.products;
    json["left_products"] = pairs.left_products;
    json["solves"] = pairs.solves;
    json["factorizations"] = pairs.factorizations;
    json["iterations"] = pairs.iterations;
    json["basis_size"] = pairs.basis_size;
    json["engine"] = pairs.engine;
    return json;
}

bool are_general_pairs(const fs::path& prefix) {
    std::ifstream stream(with_suffix(prefix, ".json"));
    const Json json = Json::parse(stream, nullptr, false);
    return json.is_object() && json.contains("command") && json["command"] == "eigs";
}

template <ScalarType S>
GeneralEigenpairs<S> read_general_pairs(const fs::path& prefix, const GeneralProblem<S>& problem) {
    const fs::path values_file = with_suffix(prefix, ".values.mtx"), report_file = with_suffix(prefix, ".json");
    GeneralEigenpairs<S> pairs;
    const Matrix<Complex> values = read_dense<Complex>(values_file);
    require(values.cols() == 1, values_file, "holds a ", values.rows(), "×", values.cols(), " matrix, not a column");
    pairs.values = values.col(0);
    const auto block = [&](const char* suffix) {
        const fs::path file = with_suffix(prefix, suffix);
        Matrix<Complex> M = read_dense<Complex>(file);
        require(M.rows() == problem.rows() && M.cols() == pairs.size(), file, "holds a ", M.rows(), "×", M.cols(),
                " matrix; ", pairs.size(), " values and a matrix of size ", problem.rows(), " need ", problem.rows(),
                "×", pairs.size());
        return M;
    };
    pairs.vectors = block(".vectors.mtx");
    pairs.left = block(".left.mtx");
    const Json json = parse_report(report_file, "eigs");
    try {
        const bool with_mass = json.contains("mass") && json["mass"].is_string();
        require(with_mass == (problem.B() != nullptr), report_file,
                with_mass ? "the pairs are of A x = λ B x: give --mass" : "the pairs are of A x = λ x: no --mass");
        take_report(json, pairs);
    } catch (const Json::exception& error) {
        require(false, report_file, "is not the report of an eigs run: ", error.what());
    }
    check_report(report_file, pairs);
    check_pairs(prefix, problem, pairs);
    return pairs;
}

template <ScalarType S>
std::string not_converged_sentence(const GeneralEigenpairs<S>& pairs) {
    std::ostringstream message;
    message.precision(12);
    message << "eigs has not converged after " << pairs.products + pairs.solves << " products and solves";
    if (!pairs.warning.empty()) message << ": " << pairs.warning;
    Index worst = 0;
    if (pairs.residuals.size() > 0) {
        pairs.residuals.maxCoeff(&worst);
        message << "; the largest residual is " << pairs.residuals(worst) << ", of pair " << worst + 1 << " (λ near "
                << pairs.values(worst) << ")";
    }
    return message.str();
}

#define LAMBDABAR_INSTANTIATE(S)                                                                    \
    template Json report_of<S>(const GeneralEigenpairs<S>&);                                        \
    template GeneralEigenpairs<S> read_general_pairs<S>(const fs::path&, const GeneralProblem<S>&); \
    template std::string not_converged_sentence<S>(const GeneralEigenpairs<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::app
