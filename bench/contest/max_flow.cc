// Largest flow by levels and blocking paths.
#include <bits/stdc++.h>
using namespace std;

struct Edge {
  int to;
  long long room;
};
vector<Edge> edges;
vector<vector<int>> g;
vector<int> level, next_;

bool levels(int s, int t) {
  fill(level.begin(), level.end(), -1);
  queue<int> q({s});
  level[s] = 0;
  while (!q.empty()) {
    const int v = q.front();
    q.pop();
    for (int id : g[v])
      if (edges[id].room > 0 && level[edges[id].to] < 0) level[edges[id].to] = level[v] + 1, q.push(edges[id].to);
  }
  return level[t] >= 0;
}

long long push(int v, int t, long long most) {
  if (v == t || most == 0) return most;
  for (int& i = next_[v]; i < (int)g[v].size(); i++) {
    const int id = g[v][i];
    if (level[edges[id].to] != level[v] + 1) continue;
    if (const long long got = push(edges[id].to, t, min(most, edges[id].room))) {
      edges[id].room -= got, edges[id ^ 1].room += got;
      return got;
    }
  }
  return 0;
}

int main() {
  int n, m;
  cin >> n >> m;
  g.resize(n), level.resize(n), next_.resize(n);
  for (int i = 0; i < m; i++) {
    int a, b;
    long long c;
    cin >> a >> b >> c;
    g[a - 1].push_back((int)edges.size()), edges.push_back({b - 1, c});
    g[b - 1].push_back((int)edges.size()), edges.push_back({a - 1, 0});
  }
  long long flow = 0;
  while (levels(0, n - 1)) {
    fill(next_.begin(), next_.end(), 0);
    while (const long long got = push(0, n - 1, LLONG_MAX)) flow += got;
  }
  cout << flow << endl;
}
