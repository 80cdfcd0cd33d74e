"""PRIMME and SciPy on one case: peers.py LIBRARY CASE TINY RESULT k tolerance norm SOLVER [name=value ...]

SOLVER is `primme` or `scipy_lobpcg`; name=value are keyword arguments of it (`extra` of scipy_lobpcg: columns iterated
beyond k). LIBRARY is lambdabar's product (product_library.cpp), which all solvers use. The residual wanted is
tolerance * norm. RESULT is written as outcome_file.hpp says. A failure is one sentence on standard error.
"""

import ast
import ctypes
import resource
import sys
import time

import numpy as np
import scipy.sparse.linalg


class Product:
    """The operator and mass of a case, with counters."""

    def __init__(self, library, path):
        self.library = library
        self.handle = library.bench_open(path.encode())
        if not self.handle:
            raise RuntimeError("the case cannot be opened")
        self.n = library.bench_rows(self.handle)
        self.dtype = np.dtype(complex if library.bench_is_complex(self.handle) else float)
        self.A = self.linear_operator(0)
        self.M = self.linear_operator(1) if library.bench_has_mass(self.handle) else None
        self.inverse = self.linear_operator(2) if library.bench_has_inverse(self.handle) else None

    def linear_operator(self, which):
        """0: A; 1: the mass; 2: the approximate inverse of A."""

        def multiply(x):
            block = x if x.ndim == 2 else x.reshape(-1, 1)
            columns = block.shape[1]
            if block.dtype != self.dtype or not (block.flags.c_contiguous or block.flags.f_contiguous):
                block = np.ascontiguousarray(block, dtype=self.dtype)
            row_major = block.flags.c_contiguous
            y = np.empty_like(block)
            if which == 2:
                self.library.bench_precondition(self.handle, block.ctypes.data, y.ctypes.data, columns, int(row_major))
            else:
                self.library.bench_multiply(self.handle, which, block.ctypes.data, y.ctypes.data, columns,
                                            int(row_major))
            return y.reshape(x.shape)

        return scipy.sparse.linalg.LinearOperator((self.n, self.n), matvec=multiply, matmat=multiply, dtype=self.dtype)

    def counters(self):
        products, seconds = ctypes.c_long(), ctypes.c_double()
        self.library.bench_counters(self.handle, ctypes.byref(products), ctypes.byref(seconds))
        return products.value, seconds.value


def start_block(n, columns, dtype):
    random = np.random.default_rng(1)
    block = random.standard_normal((n, columns))
    return block.astype(dtype) + 1j * random.standard_normal((n, columns)) if dtype == complex else block


def solve_primme(product, k, tolerance, norm, options):
    import primme

    return primme.eigsh(product.A, k, M=product.M, OPinv=product.inverse, which="SA", tol=tolerance, v0=start_block(product.n, 1, product.dtype),
                        maxiter=10**7, **options)


def solve_scipy_lobpcg(product, k, tolerance, norm, options):
    block = start_block(product.n, k + options.pop("extra", 0), product.dtype)
    values, vectors = scipy.sparse.linalg.lobpcg(product.A, block, B=product.M, M=product.inverse, largest=False, tol=tolerance * norm,
                                                 maxiter=20000, **options)
    return values, vectors


SOLVERS = {"primme": solve_primme, "scipy_lobpcg": solve_scipy_lobpcg}


def memory(name):
    with open("/proc/self/status") as status:
        return next(1024.0 * float(line.split()[1]) for line in status if line.startswith(name + ":"))


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def open_library(path):
    library = ctypes.CDLL(path)
    library.bench_open.restype = ctypes.c_void_p
    library.bench_open.argtypes = [ctypes.c_char_p]
    library.bench_rows.restype = ctypes.c_long
    for name, more in {"bench_rows": [], "bench_is_complex": [], "bench_has_mass": [], "bench_has_inverse": [], "bench_reset": [],
                       "bench_multiply": [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_int],
                       "bench_precondition": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_int],
                       "bench_counters": [ctypes.POINTER(ctypes.c_long), ctypes.POINTER(ctypes.c_double)]}.items():
        getattr(library, name).argtypes = [ctypes.c_void_p] + more
    return library


def main(arguments):
    library_path, case, tiny, result, k, tolerance, norm, solver = arguments[:8]
    options = {name: ast.literal_eval(value) for name, value in (a.split("=", 1) for a in arguments[8:])}
    library, solve, k = open_library(library_path), SOLVERS[solver], int(k)
    solve(Product(library, tiny), 1, 1e-4, 1.0, dict(options))  # loads the code, starts the threads

    product = Product(library, case)
    library.bench_reset(product.handle)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5\n")
    before, start, processor_start = memory("VmRSS"), time.perf_counter(), processor_seconds()
    values, vectors = solve(product, k, float(tolerance), float(norm), options)
    seconds, processor = time.perf_counter() - start, processor_seconds() - processor_start
    peak = memory("VmHWM") - before
    products, product_seconds = product.counters()
    if len(values) < k:
        raise RuntimeError(f"{solver}: {len(values)} of {k} converged")

    order = np.argsort(values)[:k]
    vectors = np.asfortranarray(vectors[:, order], dtype=product.dtype)
    header = [seconds, processor, peak, products, product_seconds, 0, k, product.dtype.itemsize // 8]
    with open(result, "wb") as file:
        np.array(header, dtype=float).tofile(file)
        np.array(values[order], dtype=float).tofile(file)
        vectors.T.tofile(file)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}".replace("\n", " ")[:300])
