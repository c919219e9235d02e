// Suffixes in order by doubling, and the count of different substrings.
#include <bits/stdc++.h>
using namespace std;

int main() {
  string s;
  cin >> s;
  const int n = (int)s.size();
  vector<int> order(n), rank_(s.begin(), s.end()), next_(n);
  iota(order.begin(), order.end(), 0);
  for (int k = 1;; k *= 2) {
    auto key = [&](int i) { return make_pair(rank_[i], i + k < n ? rank_[i + k] : -1); };
    sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
    next_[order[0]] = 0;
    for (int i = 1; i < n; i++) next_[order[i]] = next_[order[i - 1]] + (key(order[i - 1]) < key(order[i]));
    rank_ = next_;
    if (rank_[order[n - 1]] == n - 1 || k >= n) break;
  }
  long long different = 1ll * n * (n + 1) / 2;
  for (int i = 0, shared = 0; i < n; i++) {
    if (rank_[i] == 0) {
      shared = 0;
      continue;
    }
    const int j = order[rank_[i] - 1];
    while (i + shared < n && j + shared < n && s[i + shared] == s[j + shared]) shared++;
    different -= shared;
    if (shared) shared--;
  }
  cout << different << endl;
}
