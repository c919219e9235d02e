// All different orders of a word's letters.
#include <bits/stdc++.h>
using namespace std;

int main() {
  string s;
  cin >> s;
  sort(s.begin(), s.end());
  vector<string> all;
  do all.push_back(s);
  while (next_permutation(s.begin(), s.end()));
  cout << all.size() << '\n';
  for (const auto& p : all) cout << p << '\n';
}
