// Fibonacci numbers of huge index modulo a prime, by a 2×2 matrix.
#include <bits/stdc++.h>
using namespace std;

constexpr long long kMod = 1'000'000'007;
using Matrix = array<array<long long, 2>, 2>;

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 2; k++) c[i][j] = (c[i][j] + a[i][k] * b[k][j]) % kMod;
  return c;
}

int main() {
  int t;
  cin >> t;
  while (t--) {
    unsigned long long n;
    cin >> n;
    Matrix r = {{{1, 0}, {0, 1}}}, m = {{{1, 1}, {1, 0}}};
    for (; n; n >>= 1, m = m * m)
      if (n & 1) r = r * m;
    cout << r[0][1] << '\n';
  }
}
