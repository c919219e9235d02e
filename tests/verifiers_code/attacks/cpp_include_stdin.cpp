// The compiler's standard input is empty: no test stands there.
#include "/dev/stdin"
int main() {}
