// Elementary functions in double, the same bits on every machine: table set-up only, not fast.
// Each is within 1e-15 relative of the true value (sin and cos: absolute), for arguments up to 1e6.
#pragma once

namespace laconic::kernels {

double exp_double(double x);
double log_double(double x);  // x > 0, normal
double pow_double(double x, double y);  // x > 0
struct SinCos { double sin, cos; };
SinCos sin_cos_double(double x);  // |x| ≤ 1e6

}  // namespace laconic::kernels
