// Factorials in decimal digits.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n;
  while (cin >> n) {
    vector<unsigned> digits = {1};
    for (int k = 2; k <= n; k++) {
      unsigned carry = 0;
      for (auto& d : digits) {
        const unsigned long long x = 1ull * d * k + carry;
        d = x % 1000000000;
        carry = x / 1000000000;
      }
      if (carry) digits.push_back(carry);
    }
    cout << digits.back();
    for (int i = (int)digits.size() - 2; i >= 0; i--) cout << setw(9) << setfill('0') << digits[i];
    cout << "\n";
  }
}
