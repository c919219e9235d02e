// Generations of cells on a torus.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int h, w, generations;
  cin >> h >> w >> generations;
  vector<vector<char>> a(h, vector<char>(w));
  for (auto& row : a)
    for (char& c : row) cin >> c;
  while (generations--) {
    auto b = a;
    for (int i = 0; i < h; i++)
      for (int j = 0; j < w; j++) {
        int around = 0;
        for (int di = -1; di <= 1; di++)
          for (int dj = -1; dj <= 1; dj++)
            if (di || dj) around += a[(i + di + h) % h][(j + dj + w) % w] == '#';
        b[i][j] = around == 3 || (around == 2 && a[i][j] == '#') ? '#' : '.';
      }
    a = move(b);
  }
  for (const auto& row : a) cout << string(row.begin(), row.end()) << '\n';
}
