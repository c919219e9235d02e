// The largest matching of a two-sided graph.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, m, k;
  cin >> n >> m >> k;
  vector<vector<int>> g(n);
  for (int i = 0, a, b; i < k; i++) cin >> a >> b, g[a - 1].push_back(b - 1);
  vector<int> mate(m, -1);
  vector<bool> seen;
  auto grow = [&](auto&& self, int v) -> bool {
    if (seen[v]) return false;
    seen[v] = true;
    for (int w : g[v])
      if (mate[w] < 0 || self(self, mate[w])) return mate[w] = v, true;
    return false;
  };
  int size = 0;
  for (int v = 0; v < n; v++) seen.assign(n, false), size += grow(grow, v);
  cout << size << '\n';
}
