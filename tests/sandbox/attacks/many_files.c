// files: a million names. folders: as deep as it goes. links: a million hard links of one file.
#include "attack.h"
int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "files";
  long made = 0;
  char name[64];
  close(open("first", O_CREAT | O_WRONLY, 0600));
  for (; made < 1000000; made++) {
    snprintf(name, sizeof name, "f%ld", made);
    if (is(how, "folders")) {
      if (mkdir("d", 0700) != 0 || chdir("d") != 0) break;
    } else if (is(how, "links")) {
      if (link("first", name) != 0) break;
    } else {
      const int fd = open(name, O_CREAT | O_WRONLY, 0600);
      if (fd < 0) break;
      close(fd);
    }
  }
  attempt("many more than 1,000 inodes", made > 1010);
  return finish();
}
