// Fewest points that touch every interval.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<array<long long, 2>> v(n);
  for (auto& [a, b] : v) cin >> a >> b;
  sort(v.begin(), v.end(), [](auto& x, auto& y) { return x[1] < y[1]; });
  vector<long long> points;
  for (auto [a, b] : v)
    if (points.empty() || points.back() < a) points.push_back(b);
  cout << points.size() << "\n";
  for (auto p : points) cout << p << " ";
  cout << "\n";
}
