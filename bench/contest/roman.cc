// Roman numerals both ways.
#include <bits/stdc++.h>
using namespace std;

const vector<pair<int, string>> kSigns = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}};

int main() {
  for (string s; cin >> s;) {
    if (isdigit(s[0])) {
      int n = stoi(s);
      for (const auto& [value, sign] : kSigns)
        for (; n >= value; n -= value) cout << sign;
    } else {
      int n = 0;
      size_t i = 0;
      for (const auto& [value, sign] : kSigns)
        for (; s.compare(i, sign.size(), sign) == 0; i += sign.size()) n += value;
      cout << n;
    }
    cout << endl;
  }
}
