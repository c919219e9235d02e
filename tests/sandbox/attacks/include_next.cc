#pragma GCC dependency "/etc/passwd"
#include_next </etc/passwd>
#if __has_include("/etc/shadow")
#include "/etc/shadow"
#endif
int main() { return undeclared; }
