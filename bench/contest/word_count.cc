// Words by how often they come, then by the dictionary.
#include <bits/stdc++.h>
using namespace std;

int main() {
  unordered_map<string, int> count;
  for (string w; cin >> w;) {
    transform(w.begin(), w.end(), w.begin(), [](unsigned char c) { return tolower(c); });
    w.erase(remove_if(w.begin(), w.end(), [](unsigned char c) { return !isalpha(c); }), w.end());
    if (!w.empty()) ++count[w];
  }
  vector<pair<string, int>> words(count.begin(), count.end());
  sort(words.begin(), words.end(), [](const auto& a, const auto& b) { return tie(b.second, a.first) < tie(a.second, b.first); });
  for (const auto& [w, c] : words) cout << w << ' ' << c << '\n';
}
