// The longest palindrome inside a word, in linear time.
#include <bits/stdc++.h>
using namespace std;

int main() {
  string s;
  cin >> s;
  string t = "^";
  for (char c : s) t += string("#") + c;
  t += "#$";
  vector<int> r(t.size());
  int center = 0, right = 0, best = 0;
  for (int i = 1; i + 1 < (int)t.size(); i++) {
    if (i < right) r[i] = min(right - i, r[2 * center - i]);
    while (t[i + r[i] + 1] == t[i - r[i] - 1]) r[i]++;
    if (i + r[i] > right) center = i, right = i + r[i];
    if (r[i] > r[best]) best = i;
  }
  cout << s.substr((best - r[best]) / 2, r[best]) << endl;
}
