// The cheapest round trip over few cities, by subsets.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<vector<int>> c(n, vector<int>(n));
  for (auto& row : c)
    for (int& x : row) cin >> x;
  const int inf = INT_MAX / 2;
  vector<vector<int>> best(1 << n, vector<int>(n, inf));
  best[1][0] = 0;
  for (int mask = 1; mask < 1 << n; mask++)
    for (int v = 0; v < n; v++) {
      if (best[mask][v] == inf) continue;
      for (int w = 0; w < n; w++)
        if (!(mask >> w & 1)) best[mask | 1 << w][w] = min(best[mask | 1 << w][w], best[mask][v] + c[v][w]);
    }
  int answer = inf;
  for (int v = 0; v < n; v++) answer = min(answer, best[(1 << n) - 1][v] + c[v][0]);
  cout << answer << endl;
}
