/* Assertions that stay on in every build, and the attributes every header uses.
 *
 * CHECK guards arguments, results and invariants of our own code, never input from outside.
 * A failed CHECK prints the place and aborts: wrong money is worse than no answer. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NORETURN __attribute__((noreturn))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0)) {                                                        \
            check_failed(#cond, __FILE__, __LINE__);                                               \
        }                                                                                          \
    } while (0)

NORETURN void check_failed(const char *cond, const char *file, int line);

#endif
