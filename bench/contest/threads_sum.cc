// Partial sums in threads.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<long long> a(n);
  for (auto& x : a) cin >> x;
  const int parts = 4;
  vector<future<long long>> sums;
  for (int p = 0; p < parts; p++)
    sums.push_back(async(launch::async, [&, p] { return accumulate(a.begin() + 1ll * n * p / parts, a.begin() + 1ll * n * (p + 1) / parts, 0ll); }));
  long long total = 0;
  for (auto& s : sums) total += s.get();
  cout << total << endl;
}
