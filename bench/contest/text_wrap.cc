// Lines of at most so many characters, words spread to both sides.
#include <bits/stdc++.h>
using namespace std;

int main() {
  size_t width;
  cin >> width;
  vector<string> words{istream_iterator<string>(cin), {}};
  for (size_t i = 0; i < words.size();) {
    size_t j = i, letters = 0;
    while (j < words.size() && letters + words[j].size() + (j - i) <= width) letters += words[j++].size();
    if (j == i) j++, letters = words[i].size();
    ostringstream line;
    const size_t gaps = j - i - 1, blank = width > letters ? width - letters : 0;
    for (size_t k = i; k < j; k++) {
      line << words[k];
      if (k + 1 < j) line << string(j == words.size() ? 1 : blank / gaps + (k - i < blank % gaps), ' ');
    }
    cout << line.str() << '\n';
    i = j;
  }
}
