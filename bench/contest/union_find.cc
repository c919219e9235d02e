// Components after each edge, and the largest of them.
#include <bits/stdc++.h>
using namespace std;

vector<int> up;
int root(int v) { return up[v] < 0 ? v : up[v] = root(up[v]); }

int main() {
  int n, m;
  cin >> n >> m;
  up.assign(n, -1);
  int parts = n, largest = 1;
  while (m--) {
    int a, b;
    cin >> a >> b;
    a = root(a - 1), b = root(b - 1);
    if (a != b) {
      if (up[a] > up[b]) swap(a, b);
      up[a] += up[b], up[b] = a;
      largest = max(largest, -up[a]);
      parts--;
    }
    cout << parts << ' ' << largest << '\n';
  }
}
