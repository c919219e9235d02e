// The convex hull's corners and twice its area.
#include <bits/stdc++.h>
using namespace std;
using ll = long long;
using Point = complex<ll>;

ll cross(Point a, Point b) { return a.real() * b.imag() - a.imag() * b.real(); }

int main() {
  int n;
  cin >> n;
  vector<pair<ll, ll>> p(n);
  for (auto& [x, y] : p) cin >> x >> y;
  sort(begin(p), end(p));
  p.erase(unique(begin(p), end(p)), end(p));
  vector<Point> hull;
  for (int pass = 0; pass < 2; pass++) {
    const size_t base = hull.size();
    for (auto [x, y] : p) {
      const Point c{x, y};
      while (hull.size() >= base + 2 && cross(hull.back() - hull[hull.size() - 2], c - hull.back()) <= 0) hull.pop_back();
      hull.push_back(c);
    }
    hull.pop_back();
    reverse(begin(p), end(p));
  }
  ll area = 0;
  for (size_t i = 0; i < hull.size(); i++) area += cross(hull[i], hull[(i + 1) % hull.size()]);
  cout << hull.size() << ' ' << abs(area) << endl;
}
