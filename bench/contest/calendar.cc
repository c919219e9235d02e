// The day of the week of a date.
#include <cstdio>
#include <string>
#include <vector>

bool leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

int main() {
  const std::vector<std::string> names = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  int d, m, y;
  while (std::scanf("%d.%d.%d", &d, &m, &y) == 3) {
    long days = 0;
    for (int i = 1; i < y; i++) days += 365 + leap(i);
    const int length[] = {31, leap(y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int i = 0; i < m - 1; i++) days += length[i];
    std::printf("%s\n", names[(days + d - 1) % 7].c_str());
  }
}
