#define main not_main
int main() { return 0; }
