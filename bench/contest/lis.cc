// Longest strictly increasing subsequence in n log n.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<int> tails;
  for (int i = 0, x; i < n && cin >> x; i++) {
    auto it = lower_bound(tails.begin(), tails.end(), x);
    if (it == tails.end()) tails.push_back(x);
    else *it = x;
  }
  cout << tails.size() << endl;
}
