// Sizes of the islands of a map, largest first.
#include <bits/stdc++.h>
using namespace std;

int main() {
  vector<string> m;
  for (string line; getline(cin, line);) m.push_back(line);
  vector<int> sizes;
  for (size_t i = 0; i < m.size(); i++)
    for (size_t j = 0; j < m[i].size(); j++) {
      if (m[i][j] != '#') continue;
      int size = 0;
      stack<pair<size_t, size_t>> todo;
      todo.emplace(i, j);
      while (!todo.empty()) {
        auto [a, b] = todo.top();
        todo.pop();
        if (a >= m.size() || b >= m[a].size() || m[a][b] != '#') continue;
        m[a][b] = '.';
        size++;
        todo.emplace(a + 1, b), todo.emplace(a - 1, b), todo.emplace(a, b + 1), todo.emplace(a, b - 1);
      }
      sizes.push_back(size);
    }
  sort(sizes.rbegin(), sizes.rend());
  for (int s : sizes) cout << s << '\n';
}
