// What only the machine has: none of it may be quoted in a message.
#include "/etc/hostname"
#include "/etc/machine-id"
#include "/proc/self/environ"
#include "/proc/1/environ"
#include "/proc/1/cmdline"
#include "/dev/stdin"
int main() {}
