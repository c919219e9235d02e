// How many given words start with each asked prefix.
#include <bits/stdc++.h>
using namespace std;

struct Node {
  map<char, unique_ptr<Node>> next;
  int count = 0;
};

int main() {
  int n, q;
  cin >> n >> q;
  Node root;
  string s;
  while (n--) {
    cin >> s;
    Node* at = &root;
    for (char c : s) {
      auto& child = at->next[c];
      if (!child) child = make_unique<Node>();
      at = child.get();
      at->count++;
    }
  }
  while (q--) {
    cin >> s;
    const Node* at = &root;
    for (char c : s) {
      const auto found = at->next.find(c);
      at = found == at->next.end() ? nullptr : found->second.get();
      if (!at) break;
    }
    cout << (at ? at->count : 0) << '\n';
  }
}
