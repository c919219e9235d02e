// How far a row of brackets is right, and with what to close it.
#include <iostream>
#include <map>
#include <stack>
#include <string>

int main() {
  const std::map<char, char> pairs = {{')', '('}, {']', '['}, {'}', '{'}};
  std::string line;
  while (std::getline(std::cin, line)) {
    std::stack<char> open;
    std::size_t i = 0;
    for (; i < line.size(); i++) {
      const auto closing = pairs.find(line[i]);
      if (closing == pairs.end()) open.push(line[i]);
      else if (open.empty() || open.top() != closing->second) break;
      else open.pop();
    }
    if (i < line.size()) {
      std::cout << "wrong at " << i + 1 << '\n';
      continue;
    }
    std::string rest;
    for (; !open.empty(); open.pop())
      for (const auto& [close, opening] : pairs)
        if (opening == open.top()) rest += close;
    std::cout << (rest.empty() ? "right" : rest) << '\n';
  }
}
