// Two gibibytes that the compiler, the assembler and the linker all have to carry.
char data[2000000000] = {1};
int main() { return data[0]; }
