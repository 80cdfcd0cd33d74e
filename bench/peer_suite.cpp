#include "peer_suite.hpp"

#include "measure.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>

#include <cstdio>

namespace bench {

namespace {

constexpr int kProcessors = 2;  // given to every contender

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

std::vector<std::string> threads(int count) {
    const std::string number = std::to_string(count);
    return {"OMP_NUM_THREADS=" + number, "OPENBLAS_NUM_THREADS=" + number, "OMP_PROC_BIND=false"};
}

/// Sizes of a Krylov basis worth trying: the customary one, and larger ones.
std::vector<Index> basis_sizes(Index k) {
    const Index customary = std::max<Index>(20, 2 * k);
    return {customary, customary + customary / 2 + 5, 2 * customary + 20};
}

template <class S>
Contender<S> lambdabar_with(std::string name, lambdabar::EigshOptions<S> options) {
    return {.name = std::move(name),
            .family = "lambdabar",
            .solve = [options](const CaseOperators<S>& operators, const Goal& goal) {
                auto settings = options;
                settings.k = goal.k;
                // With B residuals are tested in the norm of B⁻¹, which leaves up to 2e-8 ‖A‖ in the norm of all
                // others.
                settings.tol = (operators.B() ? 0.5 : 1.0) * goal.residual / goal.norm;
                settings.preconditioner = operators.preconditioner();
                settings.factor = lambdabar::UseFactor::never;
                const auto solve = [&] {
                    if (operators.B()) return lambdabar::eigsh(*operators.stored_A(), *operators.stored_B(), settings);
                    if (operators.stored_A()) return lambdabar::eigsh(*operators.stored_A(), settings);
                    return lambdabar::eigsh(operators.A(), settings);
                };
                auto pairs = solve();
                if (!pairs.converged) throw std::runtime_error("lambdabar: not converged");
                return Solution<S>{std::move(pairs.values), std::move(pairs.vectors), pairs.products, pairs.basis_size};
            }};
}

/// ARPACK and Spectra: in this process, A x = λ x only.
template <class S>
void add_krylov(Index k, std::vector<Contender<S>>& all) {
    for (const Index basis : basis_sizes(k)) {
        const auto settings = [basis](const Goal& goal, int blas_threads) {
            return PeerSettings{.k = goal.k,
                                .basis = goal.k == 1 ? std::min<Index>(basis, 64) : basis,
                                .tol = goal.residual / goal.largest,
                                .blas_threads = blas_threads};
        };
        const std::string text = "basis " + std::to_string(basis);
        for (const int blas : {kProcessors, 1}) {
            all.push_back({.name = "ARPACK, " + text + ", BLAS on " + std::to_string(blas),
                           .family = "ARPACK",
                           .solve = [=](const CaseOperators<S>& operators, const Goal& goal) {
                               return solve_arpack<S>(operators.A(), settings(goal, blas));
                           }});
        }
        if constexpr (std::same_as<S, double>) {
            all.push_back({.name = "Spectra, " + text,
                           .family = "Spectra",
                           .solve = [=](const CaseOperators<S>& operators, const Goal& goal) {
                               return solve_spectra(operators.A(), settings(goal, 1));
                           }});
        }
    }
}

struct SlepcSetting {
    std::string method, text;
    std::vector<std::string> options;
};

std::vector<SlepcSetting> slepc_settings(Index k, bool pencil, bool preconditioned) {
    std::vector<SlepcSetting> all;
    if (!pencil && !preconditioned) {  // of a pencil, Krylov–Schur needs a factorization of B
        for (const Index basis : basis_sizes(k)) {
            const std::string size = std::to_string(basis);
            all.push_back({"krylovschur", "basis " + size, {"-eps_ncv", size}});
        }
    }
    all.push_back({"lobpcg", "block k", {"-eps_lobpcg_blocksize", std::to_string(k)}});
    if (k > 1) all.push_back({"lobpcg", "block k/2", {"-eps_lobpcg_blocksize", std::to_string((k + 1) / 2)}});
    all.push_back({"gd", "defaults", {}});
    all.push_back({"gd", "GD+1", {"-eps_gd_plusk", "1", "-eps_gd_minv", std::to_string(k + 6)}});
    all.push_back({"gd", "double expansion", {"-eps_gd_double_expansion"}});
    all.push_back({"jd", "MINRES, 20 steps", {"-st_ksp_type", "minres", "-st_ksp_max_it", "20"}});
    all.push_back({"jd", "defaults", {}});
    return all;
}

template <class S>
void add_slepc(const Case<S>& c, Index k, const PeerPrograms& programs, std::vector<Contender<S>>& all) {
    const std::string program = std::same_as<S, double> ? programs.slepc_real : programs.slepc_complex;
    if (program.empty()) return;
    const bool preconditioned = c.inverse != Inverse::none;
    for (const SlepcSetting& setting : slepc_settings(k, c.has_B(), preconditioned)) {
        for (const int processes : {kProcessors, 1}) {
            if (processes > 1 && (c.ring.spins > 0 || preconditioned || programs.launcher.empty())) continue;
            const bool own = processes > 1;
            const auto command = [=, launcher = programs.launcher](const CaseFiles& files, const Goal& goal) {
                std::vector<std::string> words;
                if (own)
                    words = {launcher, "--allow-run-as-root", "--bind-to", "core", "-np", std::to_string(processes)};
                for (const auto& word : std::vector<std::string>{
                         program, files.problem.string(), files.tiny.string(), files.result.string(),
                         std::to_string(goal.k), number(goal.residual), own ? "own" : "lambdabar", "-eps_type",
                         setting.method, "-st_pc_type", preconditioned ? "shell" : "none"})
                    words.push_back(word);
                words.insert(words.end(), setting.options.begin(), setting.options.end());
                return words;
            };
            const std::string family = "SLEPc " + setting.method + ", " + std::to_string(processes) +
                                       (processes == 1 ? " process" : " processes");
            all.push_back({.name = family + ", " + setting.text,
                           .family = family,
                           .program = command,
                           .environment = threads(own ? 1 : kProcessors)});
        }
    }
}

/// Names and PRIMME's own.
std::vector<std::pair<std::string, std::string>> primme_methods(bool preconditioned) {
    std::vector<std::pair<std::string, std::string>> all{
        {"MIN_TIME", "PRIMME_DEFAULT_MIN_TIME"}, {"JDQMR", "PRIMME_JDQMR"}, {"DYNAMIC", "PRIMME_DYNAMIC"}};
    if (preconditioned) {
        all.emplace_back("GD+k", "PRIMME_GD_plusK");
        all.emplace_back("GD Olsen+k", "PRIMME_GD_Olsen_plusK");
        all.emplace_back("JDQMR ETol", "PRIMME_JDQMR_ETol");
    }
    return all;
}

template <class S>
void add_python(Index k, bool preconditioned, const PeerPrograms& programs, std::vector<Contender<S>>& all) {
    const auto add = [&](const std::string& family, const std::string& text, const std::string& solver,
                         std::vector<std::string> options) {
        all.push_back({.name = text.empty() ? family : family + ", " + text,
                       .family = family,
                       .program =
                           [=](const CaseFiles& files, const Goal& goal) {
                               std::vector<std::string> words{programs.python,        programs.script,
                                                              programs.library,       files.problem.string(),
                                                              files.tiny.string(),    files.result.string(),
                                                              std::to_string(goal.k), number(goal.residual / goal.norm),
                                                              number(goal.norm),      solver};
                               words.insert(words.end(), options.begin(), options.end());
                               return words;
                           },
                       .environment = threads(kProcessors)});
    };
    if (programs.primme) {
        const std::string block_of_four = "maxBlockSize=" + std::to_string(std::min<Index>(k, 4));
        for (const auto& [name, method] : primme_methods(preconditioned)) {
            const std::string family = "PRIMME " + name, choice = "method='" + method + "'";
            add(family, "", "primme", {choice});
            if (k > 1) add(family, "block 4", "primme", {choice, block_of_four});
        }
        add("PRIMME LOBPCG", "block k", "primme",
            {"method='PRIMME_LOBPCG_OrthoBasis'", "maxBlockSize=" + std::to_string(k)});
    }
    if (programs.scipy) {
        add("SciPy lobpcg", "block k", "scipy_lobpcg", {});
        add("SciPy lobpcg", "block k + " + std::to_string(k / 4 + 2), "scipy_lobpcg",
            {"extra=" + std::to_string(k / 4 + 2)});
    }
}

bool runs(const std::vector<std::string>& command) {
    try {
        run_program(command, {}, 60.0);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

}  // namespace

PeerPrograms find_programs(const std::string& python) {
    namespace fs = std::filesystem;
    const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
    const auto beside = [&](const char* name) { return fs::exists(here / name) ? (here / name).string() : ""; };
    PeerPrograms programs{.slepc_real = beside("slepc_real"),
                          .slepc_complex = beside("slepc_complex"),
                          .script = beside("peers.py"),
                          .library = beside("libbench_product.so")};
    if (programs.slepc_real.empty()) std::printf("SLEPc (real) is not in this build: left out\n");
    if (programs.slepc_complex.empty()) std::printf("SLEPc (complex) is not in this build: left out\n");
    if (runs({"mpirun", "--version"})) programs.launcher = "mpirun";
    if (programs.launcher.empty()) std::printf("mpirun is missing: SLEPc runs with one process only\n");
    if (programs.script.empty() || programs.library.empty()) return programs;
    programs.python = python;
    programs.primme = runs({python, "-c", "import primme"});
    programs.scipy = runs({python, "-c", "import scipy.sparse.linalg"});
    if (!programs.primme) std::printf("%s has no module primme: left out\n", python.c_str());
    if (!programs.scipy) std::printf("%s has no module scipy: left out\n", python.c_str());
    return programs;
}

template <ScalarType S>
std::vector<Contender<S>> lambdabar_contenders(const Case<S>& c, bool variants) {
    using Settings = lambdabar::EigshOptions<S>;
    std::vector<Contender<S>> all{lambdabar_with<S>("lambdabar", {})};
    if (!variants || c.has_B()) return all;
    all.push_back(lambdabar_with<S>("lambdabar, no probe", Settings{.probe = false}));
    for (const Index block : {1, 2, 4, 8})
        all.push_back(lambdabar_with<S>("lambdabar, block " + std::to_string(block), Settings{.block_size = block}));
    return all;
}

template <ScalarType S>
std::vector<Contender<S>> peer_contenders(const Case<S>& c, Index k, const PeerPrograms& programs) {
    std::vector<Contender<S>> all;
    const bool preconditioned = c.inverse != Inverse::none;
    add_slepc(c, k, programs, all);  // the fastest most often: the others need not be tried for long
    add_python(k, preconditioned, programs, all);
    if (!c.has_B() && !preconditioned) add_krylov(k, all);
    return all;
}

#define LAMBDABAR_INSTANTIATE(S)                                                      \
    template std::vector<Contender<S>> lambdabar_contenders<S>(const Case<S>&, bool); \
    template std::vector<Contender<S>> peer_contenders<S>(const Case<S>&, Index, const PeerPrograms&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace bench
