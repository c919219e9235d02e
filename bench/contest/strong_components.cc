// Strongly connected components in order.
#include <bits/stdc++.h>
using namespace std;

struct Components {
  const vector<vector<int>>& g;
  vector<int> index, low, part, open;
  int clock = 0, parts = 0;

  explicit Components(const vector<vector<int>>& graph) : g(graph), index(graph.size()), low(graph.size()), part(graph.size(), -1) {
    for (int v = 0; v < (int)g.size(); v++)
      if (!index[v]) visit(v);
  }
  void visit(int v) {
    index[v] = low[v] = ++clock;
    open.push_back(v);
    for (int w : g[v]) {
      if (!index[w]) visit(w), low[v] = min(low[v], low[w]);
      else if (part[w] < 0) low[v] = min(low[v], index[w]);
    }
    if (low[v] != index[v]) return;
    for (int w = -1; w != v;) {
      w = open.back();
      open.pop_back();
      part[w] = parts;
    }
    parts++;
  }
};

int main() {
  int n, m;
  cin >> n >> m;
  vector<vector<int>> g(n);
  for (int a, b; m-- && cin >> a >> b;) g[a - 1].push_back(b - 1);
  Components c(g);
  cout << c.parts << '\n';
  for (int p : c.part) cout << c.parts - p << ' ';
}
