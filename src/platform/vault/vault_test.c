#include "platform/vault/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
    struct arena *arena;
    char *folder;
    struct str key_file;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(sizeof(*scene));

    scene->arena = arena_new();
    scene->folder = str_cstr(scene->arena, STR("/tmp/vault_test.XXXXXX"));
    assert_non_null(mkdtemp(scene->folder));
    scene->key_file = str_printf(scene->arena, "%s/master.key", scene->folder);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    (void)unlink(str_cstr(scene->arena, scene->key_file));
    assert_int_equal(rmdir(scene->folder), 0); /* nothing else was left there */
    arena_free(scene->arena);
    mem_free(scene);
    return 0;
}

static void write_key_file(struct scene *scene, size_t len, mode_t mode)
{
    static const char bytes[64] = "not a very random key, but long enough for what is tested here";
    int fd = open(str_cstr(scene->arena, scene->key_file), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void a_missing_key_is_made_only_when_asked(void **state)
{
    struct scene *scene = *state;
    struct vault *vault = NULL;

    assert_int_equal(vault_open(scene->key_file, false, &vault), ERR_VAULT_KEY_MISSING);
    assert_null(vault);
    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
    vault_free(vault);
    vault_free(NULL);
}

static void a_made_key_is_private_and_has_32_bytes(void **state)
{
    struct scene *scene = *state;
    struct vault *vault;
    struct stat info;

    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
    vault_free(vault);
    assert_int_equal(stat(str_cstr(scene->arena, scene->key_file), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_size, 32);
}

static void what_was_sealed_opens_after_a_restart(void **state)
{
    struct scene *scene = *state;
    struct secret plain = secret_of(scene->arena, STR("sk_live_1"));
    struct secret opened;
    struct vault *vault;
    struct str sealed;

    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
    sealed = vault_seal(vault, scene->arena, STR("merchant_key.secret:1"), &plain);
    vault_free(vault);
    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
    assert_int_equal(
        vault_unseal(vault, scene->arena, STR("merchant_key.secret:1"), sealed, &opened), ERR_OK);
    assert_true(str_eq(secret_bytes(&opened), STR("sk_live_1")));
    assert_int_equal(
        vault_unseal(vault, scene->arena, STR("merchant_key.secret:2"), sealed, &opened),
        ERR_CRYPTO_DECRYPT);
    vault_free(vault);
}

static void another_key_opens_nothing(void **state)
{
    struct scene *scene = *state;
    struct secret plain = secret_of(scene->arena, STR("sk_live_1"));
    struct secret opened;
    struct vault *vault;
    struct str sealed;

    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
    sealed = vault_seal(vault, scene->arena, STR("l"), &plain);
    vault_free(vault);
    write_key_file(scene, 32, 0600);
    assert_int_equal(vault_open(scene->key_file, false, &vault), ERR_OK);
    assert_int_equal(vault_unseal(vault, scene->arena, STR("l"), sealed, &opened),
                     ERR_CRYPTO_DECRYPT);
    vault_free(vault);
}

static void a_key_file_others_can_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0777};
    struct scene *scene = *state;
    struct vault *vault;

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        write_key_file(scene, 32, modes[i]);
        assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_VAULT_KEY_FILE);
    }
    write_key_file(scene, 32, 0400);
    assert_int_equal(vault_open(scene->key_file, false, &vault), ERR_OK);
    vault_free(vault);
}

static void a_key_file_of_another_length_is_refused_and_kept(void **state)
{
    static const size_t lengths[] = {0, 31, 33, 64};
    struct scene *scene = *state;
    struct vault *vault;
    struct stat info;

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        write_key_file(scene, lengths[i], 0600);
        assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_VAULT_KEY_FILE);
        assert_int_equal(stat(str_cstr(scene->arena, scene->key_file), &info), 0);
        assert_int_equal(info.st_size, lengths[i]);
    }
}

static void a_path_that_is_no_file_is_refused(void **state)
{
    struct scene *scene = *state;
    struct str below = str_printf(scene->arena, "%s/none/master.key", scene->folder);
    struct vault *vault;

    assert_int_equal(vault_open(str_of(scene->folder), true, &vault), ERR_VAULT_KEY_FILE);
    assert_int_equal(vault_open(below, true, &vault), ERR_VAULT_KEY_FILE);
    assert_int_equal(mkfifo(str_cstr(scene->arena, scene->key_file), 0600), 0);
    assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_VAULT_KEY_FILE);
}

static void a_derived_key_is_the_same_for_ever_and_another_for_each_purpose(void **state)
{
    struct scene *scene = *state;
    struct secret keys[3];
    struct vault *vault;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(vault_open(scene->key_file, true, &vault), ERR_OK);
        vault_derive(vault, STR("cards"), scene->arena, &keys[i]);
        vault_derive(vault, STR("names"), scene->arena, &keys[2]);
        vault_free(vault);
    }
    assert_int_equal(secret_bytes(&keys[0]).len, CRYPTO_KEY_LEN);
    assert_true(str_eq(secret_bytes(&keys[0]), secret_bytes(&keys[1])));
    assert_false(str_eq(secret_bytes(&keys[0]), secret_bytes(&keys[2])));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missing_key_is_made_only_when_asked),
        TEST(a_made_key_is_private_and_has_32_bytes),
        TEST(what_was_sealed_opens_after_a_restart),
        TEST(another_key_opens_nothing),
        TEST(a_key_file_others_can_read_is_refused),
        TEST(a_key_file_of_another_length_is_refused_and_kept),
        TEST(a_path_that_is_no_file_is_refused),
        TEST(a_derived_key_is_the_same_for_ever_and_another_for_each_purpose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
