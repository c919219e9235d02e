// Every place where the pattern stands in the text.
#include <bits/stdc++.h>
using namespace std;

int main() {
  string text, pattern;
  getline(cin, text);
  getline(cin, pattern);
  const string s = pattern + '\x01' + text;
  vector<int> p(s.size());
  for (size_t i = 1; i < s.size(); i++) {
    int k = p[i - 1];
    while (k && s[i] != s[k]) k = p[k - 1];
    p[i] = k + (s[i] == s[k]);
  }
  bool any = false;
  for (size_t i = pattern.size() + 1; i < s.size(); i++)
    if (p[i] == (int)pattern.size()) cout << (any ? " " : "") << i - 2 * pattern.size(), any = true;
  cout << (any ? "" : "none") << endl;
}
