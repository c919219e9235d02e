#include "bomb_include.cc"
#include "bomb_include.cc"
int main() {}
