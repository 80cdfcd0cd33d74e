#pragma once
// L numbers (double, or float where a template says so) in one vector register. GCC and clang split wider packs than
// the machine has.
#include <cstring>

namespace lambdabar::native {

template <int L, class T>
struct PackType {
    typedef T type __attribute__((vector_size(L * sizeof(T))));
};
template <class T>
struct PackType<1, T> {
    typedef T type;
};
template <int L, class T = double>
using Pack = typename PackType<L, T>::type;

template <int L, class T>
inline Pack<L, T> load(const T* p) {
    Pack<L, T> v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <int L, class T>
inline void store(T* p, const Pack<L, T>& v) {
    std::memcpy(p, &v, sizeof v);
}

/// (v1, v0, v3, v2, …)
template <int L, class P>
inline P exchange_pairs(P v) {
    static_assert(L == 2 || L == 4 || L == 8 || L == 16);
    if constexpr (L == 2) return __builtin_shufflevector(v, v, 1, 0);
    if constexpr (L == 4) return __builtin_shufflevector(v, v, 1, 0, 3, 2);
    if constexpr (L == 8) return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
    if constexpr (L == 16) return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}

}  // namespace lambdabar::native
