// The 0/1 knapsack, and which things to take.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, capacity;
  cin >> n >> capacity;
  vector<int> w(n), v(n);
  for (int i = 0; i < n; i++) cin >> w[i] >> v[i];
  vector<vector<long long>> best(n + 1, vector<long long>(capacity + 1));
  for (int i = 1; i <= n; i++)
    for (int c = 0; c <= capacity; c++) {
      best[i][c] = best[i - 1][c];
      if (c >= w[i - 1]) best[i][c] = max(best[i][c], best[i - 1][c - w[i - 1]] + v[i - 1]);
    }
  cout << best[n][capacity] << "\n";
  vector<int> taken;
  for (int i = n, c = capacity; i > 0; i--)
    if (best[i][c] != best[i - 1][c]) taken.push_back(i), c -= w[i - 1];
  for (auto it = taken.rbegin(); it != taken.rend(); ++it) cout << *it << " \n"[next(it) == taken.rend()];
}
