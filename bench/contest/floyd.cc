// All shortest paths, and whether a cycle is negative.
#pragma GCC optimize("O3")
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, m;
  cin >> n >> m;
  const long long inf = 4e18;
  vector d(n, vector<long long>(n, inf));
  for (int i = 0; i < n; i++) d[i][i] = 0;
  while (m--) {
    int a, b;
    long long w;
    cin >> a >> b >> w;
    d[a - 1][b - 1] = min(d[a - 1][b - 1], w);
  }
  for (int k = 0; k < n; k++)
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        if (d[i][k] < inf && d[k][j] < inf) d[i][j] = min(d[i][j], d[i][k] + d[k][j]);
  for (int i = 0; i < n; i++) {
    if (d[i][i] < 0) return puts("negative cycle"), 0;
    for (int j = 0; j < n; j++) d[i][j] == inf ? printf("- ") : printf("%lld ", d[i][j]);
    puts("");
  }
}
