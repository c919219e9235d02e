// Edit distance in two rows.
#include <bits/stdc++.h>
using namespace std;

int main() {
  string a, b;
  cin >> a >> b;
  vector<int> row(b.size() + 1);
  iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); i++) {
    vector<int> next(b.size() + 1, (int)i);
    for (size_t j = 1; j <= b.size(); j++) next[j] = min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] != b[j - 1])});
    row.swap(next);
  }
  cout << row.back() << endl;
}
