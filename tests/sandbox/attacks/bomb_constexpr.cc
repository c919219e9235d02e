constexpr unsigned long spin(unsigned long n) {
  unsigned long s = 0;
  for (unsigned long i = 0; i < n; ++i)
    for (unsigned long j = 0; j < 200000; ++j) s = s * 31 + i + j;
  return s;
}
constexpr unsigned long a = spin(100), b = spin(101), c = spin(102), d = spin(103);
int main() { return static_cast<int>(a + b + c + d); }
