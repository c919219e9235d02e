// Arithmetic with brackets, by recursive descent.
#include <bits/stdc++.h>
using namespace std;

string s;
size_t at;

void blank() {
  while (at < s.size() && isspace(s[at])) at++;
}
double sum();
double atom() {
  blank();
  if (s[at] == '-') return at++, -atom();
  if (s[at] == '(') {
    at++;
    const double v = sum();
    blank();
    at++;
    return v;
  }
  size_t used;
  const double v = stod(s.substr(at), &used);
  at += used;
  return v;
}
double product() {
  double v = atom();
  for (blank(); at < s.size() && (s[at] == '*' || s[at] == '/'); blank()) {
    const char op = s[at++];
    const double w = atom();
    v = op == '*' ? v * w : v / w;
  }
  return v;
}
double sum() {
  double v = product();
  for (blank(); at < s.size() && (s[at] == '+' || s[at] == '-'); blank()) v += s[at++] == '+' ? product() : -product();
  return v;
}

int main() {
  while (getline(cin, s)) {
    at = 0;
    if (!s.empty()) cout << fixed << setprecision(6) << sum() << '\n';
  }
}
