// The product of two polynomials by a transform modulo a prime.
#include <bits/stdc++.h>
using namespace std;
using u32 = uint32_t;
using u64 = uint64_t;

constexpr u32 P = 998244353, G = 3;
u32 power(u32 b, u32 e) {
  u64 r = 1, x = b;
  for (; e; e >>= 1, x = x * x % P)
    if (e & 1) r = r * x % P;
  return (u32)r;
}

void transform(vector<u32>& a, bool back) {
  const size_t n = a.size();
  for (size_t i = 1, j = 0; i < n; i++) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) swap(a[i], a[j]);
  }
  for (size_t len = 2; len <= n; len *= 2) {
    u32 step = power(G, (P - 1) / (u32)len);
    if (back) step = power(step, P - 2);
    for (size_t i = 0; i < n; i += len) {
      u64 w = 1;
      for (size_t j = 0; j < len / 2; j++, w = w * step % P) {
        const u32 u = a[i + j], v = (u32)(a[i + j + len / 2] * w % P);
        a[i + j] = (u + v) % P;
        a[i + j + len / 2] = (u + P - v) % P;
      }
    }
  }
  if (back) {
    const u64 inverse = power((u32)n, P - 2);
    for (u32& x : a) x = (u32)(x * inverse % P);
  }
}

int main() {
  int n, m;
  cin >> n >> m;
  size_t size = 1;
  while ((int)size < n + m - 1) size *= 2;
  vector<u32> a(size), b(size);
  for (int i = 0; i < n; i++) cin >> a[i];
  for (int i = 0; i < m; i++) cin >> b[i];
  transform(a, false), transform(b, false);
  for (size_t i = 0; i < size; i++) a[i] = (u32)((u64)a[i] * b[i] % P);
  transform(a, true);
  for (int i = 0; i < n + m - 1; i++) cout << a[i] << " \n"[i == n + m - 2];
}
