// Shortest paths from the first vertex, with the path to the last.
#include <bits/stdc++.h>
using namespace std;
using ll = long long;

int main() {
  ios::sync_with_stdio(false);
  cin.tie(nullptr);
  int n, m;
  cin >> n >> m;
  vector<vector<pair<int, ll>>> g(n);
  while (m--) {
    int a, b;
    ll w;
    cin >> a >> b >> w;
    g[--a].emplace_back(--b, w);
    g[b].emplace_back(a, w);
  }
  const ll inf = numeric_limits<ll>::max();
  vector<ll> d(n, inf);
  vector<int> parent(n, -1);
  priority_queue<pair<ll, int>, vector<pair<ll, int>>, greater<>> q;
  d[0] = 0;
  q.push({0, 0});
  while (!q.empty()) {
    auto [dist, v] = q.top();
    q.pop();
    if (dist != d[v]) continue;
    for (auto [to, w] : g[v])
      if (d[v] + w < d[to]) {
        d[to] = d[v] + w;
        parent[to] = v;
        q.push({d[to], to});
      }
  }
  if (d[n - 1] == inf) return cout << -1 << endl, 0;
  vector<int> path;
  for (int v = n - 1; v >= 0; v = parent[v]) path.push_back(v + 1);
  reverse(path.begin(), path.end());
  for (int v : path) cout << v << ' ';
  cout << endl;
}
