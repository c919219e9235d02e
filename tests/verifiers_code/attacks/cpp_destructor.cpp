// The right answer, then more from a destructor.
#include <cstdio>
struct Late {
  ~Late() { std::puts("and more"); }
} late;
int main() {
  long a, b;
  if (std::scanf("%ld %ld", &a, &b) == 2) std::printf("%ld\n", a + b);
}
