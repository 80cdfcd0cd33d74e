#pragma once
// Who takes part in bench_peers, with which settings.
#include "compare.hpp"

namespace bench {

/// The programs that contenders outside this process need; an empty path: not there.
struct PeerPrograms {
    std::string slepc_real = {}, slepc_complex = {};     // slepc_program.cpp
    std::string launcher = {};                           // mpirun
    std::string python = {}, script = {}, library = {};  // peers.py and the library it loads
    bool primme = false, scipy = false;                  // modules that `python` has
};

/// Looks for them beside this program and in the Python given; says on standard output what is missing.
PeerPrograms find_programs(const std::string& python);

/// lambdabar at its defaults; with `variants`, other blocks too.
template <ScalarType S>
std::vector<Contender<S>> lambdabar_contenders(const Case<S>& c, bool variants);

/// Every setting of every peer that can solve the case for k pairs; settings of one family compete, and the fastest
/// one stands for it.
template <ScalarType S>
std::vector<Contender<S>> peer_contenders(const Case<S>& c, Index k, const PeerPrograms& programs);

}  // namespace bench
