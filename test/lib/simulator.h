/* tomato-sim as a child process: the program beside the running test's build. */
#ifndef TEST_LIB_SIMULATOR_H
#define TEST_LIB_SIMULATOR_H

#include "base/str.h"

struct simulator {
    int pid;
    struct str base_url; /* http://127.0.0.1:PORT */
    char dir[64];
};

/* On a free port, with books of its own. */
struct simulator *simulator_start(struct arena *arena);
void simulator_stop(struct simulator *simulator);

#endif
