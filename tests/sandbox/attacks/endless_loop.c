#include "attack.h"
int main(void) { burn(); }
