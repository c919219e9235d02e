// The median after each number.
#include <bits/stdc++.h>
using namespace std;

int main() {
  priority_queue<long long> low;
  priority_queue<long long, vector<long long>, greater<long long>> high;
  cout << fixed << setprecision(1);
  for (long long x; cin >> x;) {
    if (low.empty() || x <= low.top()) low.push(x);
    else high.push(x);
    if (low.size() > high.size() + 1) high.push(low.top()), low.pop();
    if (high.size() > low.size()) low.push(high.top()), high.pop();
    cout << (low.size() > high.size() ? (double)low.top() : (low.top() + high.top()) / 2.0) << '\n';
  }
}
