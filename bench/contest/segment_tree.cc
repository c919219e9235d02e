// Assignment on ranges and maximum of ranges, lazily.
#include <bits/stdc++.h>
using namespace std;

struct Tree {
  int n;
  vector<long long> best, pending;
  vector<bool> has;
  explicit Tree(int size) : n(size), best(4 * size), pending(4 * size), has(4 * size) {}
  void apply(int v, long long x) { best[v] = pending[v] = x, has[v] = true; }
  void push(int v) {
    if (!has[v]) return;
    apply(2 * v, pending[v]), apply(2 * v + 1, pending[v]);
    has[v] = false;
  }
  void assign(int v, int l, int r, int a, int b, long long x) {
    if (b <= l || r <= a) return;
    if (a <= l && r <= b) return apply(v, x);
    push(v);
    const int m = (l + r) / 2;
    assign(2 * v, l, m, a, b, x), assign(2 * v + 1, m, r, a, b, x);
    best[v] = max(best[2 * v], best[2 * v + 1]);
  }
  long long query(int v, int l, int r, int a, int b) {
    if (b <= l || r <= a) return LLONG_MIN;
    if (a <= l && r <= b) return best[v];
    push(v);
    const int m = (l + r) / 2;
    return max(query(2 * v, l, m, a, b), query(2 * v + 1, m, r, a, b));
  }
};

int main() {
  int n, q;
  scanf("%d%d", &n, &q);
  Tree t(n);
  while (q--) {
    char kind;
    int a, b;
    scanf(" %c%d%d", &kind, &a, &b);
    if (kind == 'a') {
      long long x;
      scanf("%lld", &x);
      t.assign(1, 0, n, a, b, x);
    } else {
      printf("%lld\n", t.query(1, 0, n, a, b));
    }
  }
}
