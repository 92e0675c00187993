/* A Galera cluster of three MariaDB nodes for tests: on loopback, on free ports, with its data in a
 * folder of its own; it ends with the program. Needs Debian's galera-4 and rsync. */
#ifndef TEST_LIB_GALERA_H
#define TEST_LIB_GALERA_H

enum { GALERA_NODES = 3 };

/* Starts the cluster and makes an empty database on it. The URL names all nodes, the first one
 * first: "mysql://user:password@127.0.0.1:p1,127.0.0.1:p2,127.0.0.1:p3/name". */
const char *galera_start(void);
/* The same database with the nodes in another order, from `first` on. */
const char *galera_url_from(int first);
void galera_kill(int node);    /* SIGKILL */
void galera_restart(int node); /* a killed one; waits until it is in step again */
void galera_freeze(int node);  /* SIGSTOP */
/* One the others have left out meanwhile; waits until it is in step again. */
void galera_thaw(int node);

#endif
