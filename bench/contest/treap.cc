// A sequence with cut and paste, in a randomised tree.
#include <bits/stdc++.h>
using namespace std;

mt19937 rng(12345);
struct Node {
  int value, size = 1;
  unsigned priority = rng();
  Node *left = nullptr, *right = nullptr;
  explicit Node(int v) : value(v) {}
};
int size_of(Node* t) { return t ? t->size : 0; }
void refresh(Node* t) { t->size = 1 + size_of(t->left) + size_of(t->right); }

pair<Node*, Node*> split(Node* t, int k) {
  if (!t) return {nullptr, nullptr};
  if (size_of(t->left) >= k) {
    auto [a, b] = split(t->left, k);
    t->left = b, refresh(t);
    return {a, t};
  }
  auto [a, b] = split(t->right, k - size_of(t->left) - 1);
  t->right = a, refresh(t);
  return {t, b};
}
Node* merge(Node* a, Node* b) {
  if (!a || !b) return a ? a : b;
  if (a->priority > b->priority) return a->right = merge(a->right, b), refresh(a), a;
  return b->left = merge(a, b->left), refresh(b), b;
}
void print(Node* t) {
  if (!t) return;
  print(t->left);
  cout << t->value << ' ';
  print(t->right);
}

int main() {
  int n, q;
  cin >> n >> q;
  Node* root = nullptr;
  for (int i = 1; i <= n; i++) root = merge(root, new Node(i));
  while (q--) {
    int l, r;
    cin >> l >> r;
    auto [rest, tail] = split(root, r);
    auto [head, middle] = split(rest, l - 1);
    root = merge(middle, merge(head, tail));
  }
  print(root);
  cout << endl;
}
