/* A MariaDB server for tests: started when first asked for, on loopback, with its data in a folder
 * of its own, and ended with the program. Where TOMATO_TEST_MYSQL_URL is set, databases are made on
 * that server instead (and dropped at the end). */
#ifndef TEST_LIB_MARIADB_H
#define TEST_LIB_MARIADB_H

/* A new, empty database at each call: "mysql://user:password@127.0.0.1:port/name", valid for the
 * life of the program; never NULL: without a server the program ends with a message. */
const char *test_mariadb_fresh_url(void);

/* SQL as the server's user on that database, beside what the program under test does; the first
 * column of the first row as an integer, or 0. Statements that fail end the program. */
long long test_mariadb_sql(const char *url, const char *sql);

/* Stops the server without letting it finish anything, and starts it again on the same data and
 * port: for tests of what survives. Only where the server is this program's own. */
void test_mariadb_kill(void);
void test_mariadb_restart(void);
/* Stops the server where it stands (SIGSTOP), and lets it go on. */
void test_mariadb_freeze(void);
void test_mariadb_thaw(void);

#endif
