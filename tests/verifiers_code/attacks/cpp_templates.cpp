template <int N, class A, class B> struct Bomb { static constexpr long value = Bomb<N - 1, A, Bomb<N - 1, B, A>>::value + Bomb<N - 1, B, Bomb<N - 1, A, B>>::value; };
template <class A, class B> struct Bomb<0, A, B> { static constexpr long value = 1; };
int main() { return Bomb<40, int, long>::value; }
