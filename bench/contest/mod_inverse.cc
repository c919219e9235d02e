// Binomials modulo a prime by factorials and their inverses.
#include <bits/stdc++.h>
using namespace std;

template <int M>
struct Mod {
  int v;
  Mod(long long x = 0) : v(int((x % M + M) % M)) {}
  Mod operator+(Mod o) const { return v + 0ll + o.v; }
  Mod operator-(Mod o) const { return v - 0ll - o.v; }
  Mod operator*(Mod o) const { return 1ll * v * o.v; }
  Mod power(long long e) const {
    Mod r = 1, b = *this;
    for (; e; e >>= 1, b = b * b)
      if (e & 1) r = r * b;
    return r;
  }
  Mod inverse() const { return power(M - 2); }
};

int main() {
  using Z = Mod<998244353>;
  constexpr int kMax = 200000;
  vector<Z> f(kMax + 1, 1), inv(kMax + 1, 1);
  for (int i = 1; i <= kMax; i++) f[i] = f[i - 1] * i;
  inv[kMax] = f[kMax].inverse();
  for (int i = kMax; i > 0; i--) inv[i - 1] = inv[i] * i;
  int t;
  scanf("%d", &t);
  while (t--) {
    int n, k;
    scanf("%d %d", &n, &k);
    printf("%d\n", k < 0 || k > n ? 0 : (f[n] * inv[k] * inv[n - k]).v);
  }
}
