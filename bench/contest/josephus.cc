// The order in which a circle is counted out.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n, k;
  cin >> n >> k;
  list<int> circle(n);
  iota(circle.begin(), circle.end(), 1);
  auto at = circle.begin();
  while (!circle.empty()) {
    for (int i = 1; i < k; i++)
      if (++at == circle.end()) at = circle.begin();
    cout << *at << ' ';
    at = circle.erase(at);
    if (at == circle.end()) at = circle.begin();
  }
  cout << endl;
}
