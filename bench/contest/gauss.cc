// A linear system with pivots.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<vector<long double>> a(n, vector<long double>(n + 1));
  for (auto& row : a)
    for (auto& x : row) cin >> x;
  for (int c = 0; c < n; c++) {
    int p = c;
    for (int r = c; r < n; r++)
      if (fabsl(a[r][c]) > fabsl(a[p][c])) p = r;
    if (fabsl(a[p][c]) < 1e-12L) {
      puts("singular");
      return 0;
    }
    swap(a[p], a[c]);
    for (int r = 0; r < n; r++) {
      if (r == c) continue;
      const long double k = a[r][c] / a[c][c];
      for (int j = c; j <= n; j++) a[r][j] -= k * a[c][j];
    }
  }
  for (int i = 0; i < n; i++) printf("%.9Lf\n", a[i][n] / a[i][i]);
}
