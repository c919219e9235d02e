// Range sums and point updates in a Fenwick tree.
#include <bits/stdc++.h>
using namespace std;

template <class T>
struct Fenwick {
  vector<T> t;
  explicit Fenwick(int n) : t(n + 1) {}
  void add(int i, T x) {
    for (++i; i < (int)t.size(); i += i & -i) t[i] += x;
  }
  T sum(int i) const {
    T s{};
    for (; i > 0; i -= i & -i) s += t[i];
    return s;
  }
};

int main() {
  int n, q;
  cin >> n >> q;
  Fenwick<long long> f(n);
  for (int i = 0; i < n; i++) {
    int x;
    cin >> x;
    f.add(i, x);
  }
  while (q--) {
    int kind, a, b;
    cin >> kind >> a >> b;
    if (kind == 1) f.add(a - 1, b);
    else cout << f.sum(b) - f.sum(a - 1) << '\n';
  }
}
