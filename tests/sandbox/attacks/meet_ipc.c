// Two runs at the same time try to meet in System V and POSIX queues, locks on shared inodes, signals. argv: left or right.
#include "attack.h"
#include <mqueue.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(int argc, char** argv) {
  const char me = argc > 1 ? argv[1][0] : 'l', other = me == 'l' ? 'r' : 'l';
  struct { long type; char word[8]; } message = {1, {me}};
  const int queue = msgget(0x1ac0, IPC_CREAT | 0666);
  const int memory = shmget(0x1ac1, 4096, IPC_CREAT | 0666);
  char* shared = memory < 0 ? (char*)-1 : shmat(memory, NULL, 0);
  struct mq_attr small = {.mq_maxmsg = 4, .mq_msgsize = 8};
  const mqd_t posix = mq_open("/laconic-attack", O_CREAT | O_RDWR | O_NONBLOCK, 0666, &small);
  const int locked = open("/usr/bin/env", O_RDONLY);
  errno = 0;
  const int lock = locked < 0 ? -1 : flock(locked, LOCK_EX | LOCK_NB);
  attempt("a lock on a shared file is seen", locked >= 0 && lock != 0 && errno == EWOULDBLOCK);
  for (int i = 0; i < 40; i++) {
    if (queue >= 0) {
      message.type = me;
      msgsnd(queue, &message, 8, IPC_NOWAIT);
      if (msgrcv(queue, &message, 8, other, IPC_NOWAIT) > 0) attempt("a System V message", 1);
    }
    if (shared != (char*)-1) {
      if (shared[0] == other) attempt("System V memory", 1);
      shared[0] = me;
    }
    if (posix != (mqd_t)-1) {
      char word[8] = {me};
      if (mq_receive(posix, word, 8, NULL) > 0 && word[0] == other) attempt("a POSIX message", 1);
      word[0] = me;
      mq_send(posix, word, 8, 0);
    }
    usleep(10000);
  }
  return finish();
}
