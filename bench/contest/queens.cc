// Ways to place queens, with some squares barred.
#include <bits/stdc++.h>
using namespace std;

int n, ways;
vector<string> board;
bitset<32> column, rise, fall;

void place(int row) {
  if (row == n) {
    ways++;
    return;
  }
  for (int c = 0; c < n; c++) {
    if (board[row][c] == '*' || column[c] || rise[row + c] || fall[row - c + n]) continue;
    column[c] = rise[row + c] = fall[row - c + n] = true;
    place(row + 1);
    column[c] = rise[row + c] = fall[row - c + n] = false;
  }
}

int main() {
  cin >> n;
  board.resize(n);
  for (auto& r : board) cin >> r;
  place(0);
  cout << ways << endl;
}
