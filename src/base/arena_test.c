#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_zero(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 8, 15, 16, 17, 100, 4095, 4096, 4097, 70000, 3000000};
    struct arena *arena = arena_new();

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            unsigned char *bytes = arena_alloc(arena, sizes[i]);

            assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
            assert_zero(bytes, sizes[i]);
            memset(bytes, 0xAA, sizes[i]); /* the next round must not see it */
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

static void allocations_do_not_overlap(void **state)
{
    struct arena *arena = arena_new();
    unsigned char *parts[1000];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        parts[i] = arena_alloc(arena, i % 97 + 1);
        memset(parts[i], (int)(i % 251), i % 97 + 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        for (size_t j = 0; j < i % 97 + 1; j++) {
            assert_int_equal(parts[i][j], i % 251);
        }
    }
    arena_free(arena);
}

static void nothing_can_be_allocated_and_copied(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_non_null(arena_alloc(arena, 0));
    assert_non_null(arena_copy(arena, NULL, 0));
    assert_non_null(ARENA_ARRAY(arena, int, 0));
    arena_free(arena);
}

static void a_copy_is_a_copy(void **state)
{
    struct arena *arena = arena_new();
    char text[] = "one";
    char *copy = arena_copy(arena, text, sizeof(text));

    (void)state;
    text[0] = 'x';
    assert_string_equal(copy, "one");
    arena_free(arena);
}

static void what_was_handed_out_is_counted_until_the_reset(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_int_equal(arena_used(arena), 0);
    (void)arena_alloc(arena, 32);
    (void)arena_alloc(arena, 100000);
    assert_in_range(arena_used(arena), 100032, 100032 + 64);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    arena_free(arena);
    arena_free(NULL);
}

static void a_reset_keeps_the_first_block(void **state)
{
    struct arena *arena = arena_new();
    void *first = arena_alloc(arena, 16);

    (void)state;
    (void)arena_alloc(arena, 1000000);
    arena_reset(arena);
    assert_ptr_equal(arena_alloc(arena, 16), first);
    arena_free(arena);
}

static void grown_memory_keeps_its_head_and_has_a_zero_tail(void **state)
{
    unsigned char *bytes = mem_new(3);

    (void)state;
    assert_zero(bytes, 3);
    memset(bytes, 7, 3);
    bytes = mem_grow(bytes, 3, 5000);
    assert_int_equal(bytes[0] + bytes[1] + bytes[2], 21);
    assert_zero(bytes + 3, 4997);
    mem_free(bytes);
    mem_free(NULL);
    mem_free(mem_new(0));
}

/* Runs the function in a child process, silently; true when it ended with an abort. */
static bool aborts(void (*run)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};

        (void)signal(SIGABRT, SIG_DFL);
        if (setrlimit(RLIMIT_CORE, &no_core) == 0 && freopen("/dev/null", "w", stderr) != NULL) {
            run();
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void allocate_an_array_that_overflows(void)
{
    (void)arena_array(arena_new(), SIZE_MAX / 2, 3);
}

static void allocate_half_the_address_space(void)
{
    (void)arena_alloc(arena_new(), SIZE_MAX / 2 + 1);
}

static void shrink(void)
{
    (void)mem_grow(mem_new(4), 4, 3);
}

static void impossible_sizes_abort(void **state)
{
    (void)state;
    assert_true(aborts(allocate_an_array_that_overflows));
    assert_true(aborts(allocate_half_the_address_space));
    assert_true(aborts(shrink));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(nothing_can_be_allocated_and_copied),
        cmocka_unit_test(a_copy_is_a_copy),
        cmocka_unit_test(what_was_handed_out_is_counted_until_the_reset),
        cmocka_unit_test(a_reset_keeps_the_first_block),
        cmocka_unit_test(grown_memory_keeps_its_head_and_has_a_zero_tail),
        cmocka_unit_test(impossible_sizes_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
