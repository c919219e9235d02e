// Accounts, transfers and statements.
#include <bits/stdc++.h>
using namespace std;

class Account {
 public:
  explicit Account(string owner) : owner_(move(owner)) {}
  void put(long long amount) { balance_ += amount, log_.push_back(amount); }
  bool take(long long amount) {
    if (amount > balance_) return false;
    put(-amount);
    return true;
  }
  friend ostream& operator<<(ostream& out, const Account& a) { return out << a.owner_ << ": " << a.balance_ << " (" << a.log_.size() << ")"; }

 private:
  string owner_;
  long long balance_ = 0;
  vector<long long> log_;
};

int main() {
  map<string, Account> accounts;
  const auto of = [&](const string& name) -> Account& { return accounts.try_emplace(name, name).first->second; };
  for (string command; cin >> command;) {
    string a, b;
    long long amount;
    if (command == "put" && cin >> a >> amount) of(a).put(amount);
    else if (command == "move" && cin >> a >> b >> amount) cout << (of(a).take(amount) ? (of(b).put(amount), "done") : "refused") << '\n';
    else if (command == "show")
      for (const auto& [name, account] : accounts) cout << account << '\n';
  }
}
