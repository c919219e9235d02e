// The order of tasks that comes first in the dictionary, or that there is none.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, m;
  cin >> n >> m;
  vector<set<int>> after(n);
  vector<int> before(n);
  for (int i = 0; i < m; i++) {
    int a, b;
    cin >> a >> b;
    if (after[a - 1].insert(b - 1).second) before[b - 1]++;
  }
  set<int> ready;
  for (int i = 0; i < n; i++)
    if (!before[i]) ready.insert(i);
  vector<int> order;
  while (!ready.empty()) {
    const int v = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(v + 1);
    for (int w : after[v])
      if (--before[w] == 0) ready.insert(w);
  }
  if ((int)order.size() < n) cout << "IMPOSSIBLE\n";
  else copy(order.begin(), order.end(), ostream_iterator<int>(cout, " "));
}
