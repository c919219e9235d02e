// Bridges of an undirected graph by depth-first low links.
#include <bits/stdc++.h>
using namespace std;

int n, m, timer_;
vector<vector<pair<int, int>>> g;
vector<int> tin, low;
vector<int> found;

void dfs(int v, int from) {
  tin[v] = low[v] = ++timer_;
  for (auto [to, id] : g[v]) {
    if (id == from) continue;
    if (tin[to]) {
      low[v] = min(low[v], tin[to]);
    } else {
      dfs(to, id);
      low[v] = min(low[v], low[to]);
      if (low[to] > tin[v]) found.push_back(id);
    }
  }
}

int main() {
  scanf("%d %d", &n, &m);
  g.resize(n + 1), tin.resize(n + 1), low.resize(n + 1);
  for (int i = 1; i <= m; i++) {
    int a, b;
    scanf("%d %d", &a, &b);
    g[a].push_back({b, i}), g[b].push_back({a, i});
  }
  for (int v = 1; v <= n; v++)
    if (!tin[v]) dfs(v, 0);
  sort(found.begin(), found.end());
  printf("%zu\n", found.size());
  for (int id : found) printf("%d ", id);
  puts("");
}
