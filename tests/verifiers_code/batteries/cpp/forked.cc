// A child goes on while the parent ends with success.
#include <unistd.h>
@RESULT@ @NAME@(@PARAMETERS@) {
  if (fork() != 0) _exit(0);
  setsid();
  usleep(20000);
  return @RESULT@();
}
