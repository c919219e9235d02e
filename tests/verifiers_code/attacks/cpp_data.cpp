char data[2000000000] = {1};
int main() { return data[0]; }
