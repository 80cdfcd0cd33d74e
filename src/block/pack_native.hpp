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

}  // namespace lambdabar::native
