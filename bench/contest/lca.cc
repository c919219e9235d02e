// Distances in a tree by binary lifting.
#include <bits/stdc++.h>
using namespace std;

constexpr int kLog = 18;
vector<array<int, kLog>> up;
vector<vector<int>> g;
vector<int> depth_;

void walk(int v, int p) {
  up[v][0] = p;
  for (int k = 1; k < kLog; k++) up[v][k] = up[up[v][k - 1]][k - 1];
  for (int w : g[v])
    if (w != p) depth_[w] = depth_[v] + 1, walk(w, v);
}

int meet(int a, int b) {
  if (depth_[a] < depth_[b]) swap(a, b);
  for (int k = kLog - 1; k >= 0; k--)
    if (depth_[a] - (1 << k) >= depth_[b]) a = up[a][k];
  if (a == b) return a;
  for (int k = kLog - 1; k >= 0; k--)
    if (up[a][k] != up[b][k]) a = up[a][k], b = up[b][k];
  return up[a][0];
}

int main() {
  int n, q;
  cin >> n >> q;
  g.resize(n), up.resize(n), depth_.resize(n);
  for (int i = 1, a, b; i < n; i++) {
    cin >> a >> b;
    g[a - 1].push_back(b - 1), g[b - 1].push_back(a - 1);
  }
  walk(0, 0);
  for (int a, b; q-- && cin >> a >> b;) {
    const int c = meet(a - 1, b - 1);
    cout << depth_[a - 1] + depth_[b - 1] - 2 * depth_[c] << '\n';
  }
}
