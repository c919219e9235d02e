// Inversions of a sequence while it is merged.
#include <algorithm>
#include <iostream>
#include <vector>
using namespace std;

long long sort_counting(vector<int>& a, int l, int r) {
  if (r - l < 2) return 0;
  const int m = (l + r) / 2;
  long long count = sort_counting(a, l, m) + sort_counting(a, m, r);
  for (int i = l, j = m; i < m; i++) {
    while (j < r && a[j] < a[i]) j++;
    count += j - m;
  }
  inplace_merge(a.begin() + l, a.begin() + m, a.begin() + r);
  return count;
}

int main() {
  int n;
  cin >> n;
  vector<int> a(n);
  for (int& x : a) cin >> x;
  cout << sort_counting(a, 0, n) << endl;
}
