// The lightest spanning tree by sorted edges.
#include <bits/stdc++.h>
#define all(x) (x).begin(), (x).end()
#define pb push_back
using namespace std;

int main() {
  int n, m;
  scanf("%d%d", &n, &m);
  vector<tuple<int, int, int>> e;
  for (int i = 0; i < m; i++) {
    int a, b, w;
    scanf("%d%d%d", &a, &b, &w);
    e.pb({w, a, b});
  }
  sort(all(e));
  vector<int> p(n + 1);
  iota(all(p), 0);
  function<int(int)> root = [&](int v) { return p[v] == v ? v : p[v] = root(p[v]); };
  long long total = 0;
  int used = 0;
  for (auto& [w, a, b] : e)
    if (root(a) != root(b)) p[root(a)] = root(b), total += w, used++;
  if (used == n - 1) printf("%lld\n", total);
  else puts("not connected");
}
