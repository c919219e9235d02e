// A terabyte of address space, locked memory, huge pages.
#include "attack.h"
int main(void) {
  void* p = mmap(NULL, (size_t)1 << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  attempt("a populated terabyte", p != MAP_FAILED);
  char* q = mmap(NULL, (size_t)256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  attempt("256 MiB locked", q != MAP_FAILED && mlock(q, (size_t)256 << 20) == 0);
  attempt("everything locked", mlockall(MCL_FUTURE) == 0);
  p = mmap(NULL, (size_t)256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  if (p != MAP_FAILED) memset(p, 1, (size_t)256 << 20);
  attempt("256 MiB of huge pages", p != MAP_FAILED);
  return finish();
}
