// Pairs of two arrays whose sum stays below a bound, by two pointers. Macros stand before the header.
#define ll long long
#define pb push_back
#include <bits/stdc++.h>
using namespace std;
#define rep(i, a, b) for (int i = (a); i < (b); ++i)
#define sz(x) (int)(x).size()

int main() {
  cin.tie(0)->sync_with_stdio(0);
  int n, m;
  ll bound;
  cin >> n >> m >> bound;
  vector<ll> a(n), b(m);
  for (auto& x : a) cin >> x;
  for (auto& x : b) cin >> x;
  sort(a.begin(), a.end());
  sort(b.rbegin(), b.rend());
  long long count = 0;
  int j = 0;
  rep(i, 0, sz(a)) {
    while (j < sz(b) && a[sz(a) - 1 - i] + b[sz(b) - 1 - j] <= bound) j++;
    count += j;
  }
  cout << count << endl;
}
