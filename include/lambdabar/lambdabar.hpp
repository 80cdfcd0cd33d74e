#pragma once
// Everything, in the order the data flows: operator → eigenpairs → cotangent → gradient.
// clang-format off
#include <lambdabar/types.hpp>
#include <lambdabar/errors.hpp>

#include <lambdabar/block/sum.hpp>
#include <lambdabar/block/kernels.hpp>

#include <lambdabar/operator/concepts.hpp>
#include <lambdabar/operator/operator_ref.hpp>
#include <lambdabar/operator/pencil.hpp>
#include <lambdabar/operator/sparse.hpp>
#include <lambdabar/operator/callback.hpp>
#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse_general.hpp>
#include <lambdabar/operator/general_callback.hpp>
#include <lambdabar/operator/general_affine.hpp>
#include <lambdabar/operator/general_pencil.hpp>

#include <lambdabar/factorization/factorization.hpp>
#include <lambdabar/factorization/shift_invert.hpp>
#include <lambdabar/factorization/general_factorization.hpp>

#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/eigensolver/eigs.hpp>

#include <lambdabar/projected_solver/projected_solve.hpp>
#include <lambdabar/projected_solver/projected_gmres.hpp>

#include <lambdabar/derivative/cotangent.hpp>
#include <lambdabar/derivative/divided_difference.hpp>
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/derivative/general_cotangent.hpp>
#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/derivative/symmetric_function.hpp>
#include <lambdabar/derivative/surrogates.hpp>

#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/gradient/gradient_general.hpp>
#include <lambdabar/gradient/eigmin.hpp>

#include <lambdabar/crossing/hermitian_coordinates.hpp>
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/crossing/subdifferential.hpp>
#include <lambdabar/crossing/track_modes.hpp>

#include <lambdabar/optimize/maximize_eigmin.hpp>

#include <lambdabar/check/check_operator.hpp>
#include <lambdabar/check/check_gradient.hpp>

#include <lambdabar/io/matrix_market.hpp>
// clang-format on
