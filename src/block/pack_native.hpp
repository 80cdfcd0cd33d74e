#pragma once
// L doubles in one vector register. GCC and clang split wider packs than the machine has.
#include <cstring>

namespace lambdabar::native {

template <int L>
struct PackType {
    typedef double type __attribute__((vector_size(L * sizeof(double))));
};
template <>
struct PackType<1> {
    typedef double type;
};
template <int L>
using Pack = typename PackType<L>::type;

template <int L>
inline Pack<L> load(const double* p) {
    Pack<L> v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <int L>
inline void store(double* p, Pack<L> v) {
    std::memcpy(p, &v, sizeof v);
}

/// (v1, v0, v3, v2, …)
template <int L>
inline Pack<L> exchange_pairs(Pack<L> v) {
    static_assert(L == 2 || L == 4 || L == 8);
    if constexpr (L == 2) return __builtin_shufflevector(v, v, 1, 0);
    if constexpr (L == 4) return __builtin_shufflevector(v, v, 1, 0, 3, 2);
    if constexpr (L == 8) return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
}

}  // namespace lambdabar::native
