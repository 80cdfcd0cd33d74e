#pragma once
#include <lambdabar/projected_solver/projected_gmres.hpp>

namespace lambdabar::test {

/// The systems of the first k pairs, each excluding its own.
inline SingularSystems systems_of(bool adjoint, Index k) {
    SingularSystems systems{.adjoint = adjoint, .index = {}, .excluded = {}};
    for (Index i = 0; i < k; ++i) {
        systems.index.push_back(i);
        systems.excluded.push_back({i});
    }
    return systems;
}

}  // namespace lambdabar::test
