// Log lines by a regular expression: requests of each status.
#include <bits/stdc++.h>
using namespace std;

int main() {
  const regex line(R"((\S+) (GET|POST|PUT) (\S+) (\d{3}) (\d+))");
  map<int, pair<int, long long>> by_status;
  for (string s; getline(cin, s);) {
    smatch m;
    if (!regex_match(s, m, line)) continue;
    auto& [count, bytes] = by_status[stoi(m[4])];
    count++, bytes += stoll(m[5]);
  }
  for (const auto& [status, sum] : by_status) cout << status << ' ' << sum.first << ' ' << sum.second << '\n';
}
