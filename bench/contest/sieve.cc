// Primes in a range by a segmented sieve.
#include <bits/stdc++.h>
using namespace std;
typedef unsigned long long ull;

int main() {
  ull low, high;
  cin >> low >> high;
  vector<bool> small(1 << 17, true);
  vector<ull> primes;
  for (ull p = 2; p < small.size(); p++) {
    if (!small[p]) continue;
    primes.push_back(p);
    for (ull q = p * p; q < small.size(); q += p) small[q] = false;
  }
  vector<char> is(high - low + 1, 1);
  for (ull p : primes) {
    if (p * p > high) break;
    for (ull q = max(p * p, (low + p - 1) / p * p); q <= high; q += p) is[q - low] = 0;
  }
  for (ull x = max<ull>(low, 2); x <= high; x++)
    if (is[x - low]) cout << x << '\n';
}
