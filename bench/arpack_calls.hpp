#pragma once
// The C interface of ARPACK-NG (arpack/arpack.h), whose header spells complex numbers in a way that is not C++;
// std::complex<double> has the same layout and is passed the same way.
#include <complex>

extern "C" {
void dsaupd_c(int* ido, const char* bmat, int n, const char* which, int nev, double tol, double* resid, int ncv,
              double* v, int ldv, int* iparam, int* ipntr, double* workd, double* workl, int lworkl, int* info);
void dseupd_c(int rvec, const char* howmny, const int* select, double* d, double* z, int ldz, double sigma,
              const char* bmat, int n, const char* which, int nev, double tol, double* resid, int ncv, double* v,
              int ldv, int* iparam, int* ipntr, double* workd, double* workl, int lworkl, int* info);
void dnaupd_c(int* ido, const char* bmat, int n, const char* which, int nev, double tol, double* resid, int ncv,
              double* v, int ldv, int* iparam, int* ipntr, double* workd, double* workl, int lworkl, int* info);
void dneupd_c(int rvec, const char* howmny, const int* select, double* dr, double* di, double* z, int ldz,
              double sigmar, double sigmai, double* workev, const char* bmat, int n, const char* which, int nev,
              double tol, double* resid, int ncv, double* v, int ldv, int* iparam, int* ipntr, double* workd,
              double* workl, int lworkl, int* info);
void znaupd_c(int* ido, const char* bmat, int n, const char* which, int nev, double tol, std::complex<double>* resid,
              int ncv, std::complex<double>* v, int ldv, int* iparam, int* ipntr, std::complex<double>* workd,
              std::complex<double>* workl, int lworkl, double* rwork, int* info);
void zneupd_c(int rvec, const char* howmny, const int* select, std::complex<double>* d, std::complex<double>* z,
              int ldz, std::complex<double> sigma, std::complex<double>* workev, const char* bmat, int n,
              const char* which, int nev, double tol, std::complex<double>* resid, int ncv, std::complex<double>* v,
              int ldv, int* iparam, int* ipntr, std::complex<double>* workd, std::complex<double>* workl, int lworkl,
              double* rwork, int* info);
}
