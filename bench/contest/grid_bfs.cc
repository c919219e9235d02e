// The shortest way through a maze, drawn.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int h, w;
  cin >> h >> w;
  vector<string> grid(h);
  for (auto& row : grid) cin >> row;
  pair<int, int> start, goal;
  for (int i = 0; i < h; i++)
    for (int j = 0; j < w; j++) {
      if (grid[i][j] == 'S') start = {i, j};
      if (grid[i][j] == 'G') goal = {i, j};
    }
  vector<vector<int>> from(h, vector<int>(w, -1));
  const int di[] = {0, 1, 0, -1}, dj[] = {1, 0, -1, 0};
  queue<pair<int, int>> q;
  q.push(start);
  from[start.first][start.second] = 4;
  while (!q.empty()) {
    auto [i, j] = q.front();
    q.pop();
    for (int k = 0; k < 4; k++) {
      const int a = i + di[k], b = j + dj[k];
      if (a < 0 || b < 0 || a >= h || b >= w || grid[a][b] == '#' || from[a][b] != -1) continue;
      from[a][b] = k;
      q.emplace(a, b);
    }
  }
  if (from[goal.first][goal.second] == -1) {
    cout << "no way\n";
    return 0;
  }
  string way;
  for (auto [i, j] = goal; from[i][j] != 4;) {
    const int k = from[i][j];
    way += "RDLU"[k];
    i -= di[k], j -= dj[k];
  }
  cout << string(way.rbegin(), way.rend()) << endl;
}
