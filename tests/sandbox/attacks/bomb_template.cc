template <int N, int M>
struct Twice {
  static const int value = Twice<N - 1, 2 * M>::value + Twice<N - 1, 2 * M + 1>::value;
};
template <int M>
struct Twice<0, M> {
  static const int value = 1;
};
int main() { return Twice<30, 0>::value; }
