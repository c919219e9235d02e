// The largest of each window of k.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, k;
  cin >> n >> k;
  deque<pair<int, int>> d;
  for (int i = 0; i < n; i++) {
    int x;
    cin >> x;
    while (!d.empty() && d.back().first <= x) d.pop_back();
    d.emplace_back(x, i);
    if (d.front().second <= i - k) d.pop_front();
    if (i >= k - 1) cout << d.front().first << ' ';
  }
  cout << endl;
}
