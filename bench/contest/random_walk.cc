// A coin is thrown until the walk is back; the mean by simulation with a fixed seed.
#include <bits/stdc++.h>
using namespace std;

int main() {
  int rounds, limit;
  cin >> rounds >> limit;
  mt19937_64 rng(2024);
  uniform_int_distribution<int> coin(0, 1);
  vector<double> lengths;
  for (int r = 0; r < rounds; r++) {
    int at = 0, steps = 0;
    do at += coin(rng) ? 1 : -1, steps++;
    while (at != 0 && steps < limit);
    lengths.push_back(steps);
  }
  const double mean = accumulate(lengths.begin(), lengths.end(), 0.0) / rounds;
  const double spread = sqrt(inner_product(lengths.begin(), lengths.end(), lengths.begin(), 0.0) / rounds - mean * mean);
  printf("%.3f %.3f\n", mean, spread);
}
