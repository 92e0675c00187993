#include "platform/vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct vault {
    struct arena *arena;
    struct secret key;
};

/* ---- reading ---- */

/* A private regular file of exactly the key's length; nobody but its owner may touch it. */
static bool is_key_file(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == CRYPTO_KEY_LEN &&
           (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static enum err key_read(const char *path, unsigned char key[CRYPTO_KEY_LEN])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ok;

    if (fd < 0) {
        return errno == ENOENT ? ERR_VAULT_KEY_MISSING : ERR_VAULT_KEY_FILE;
    }
    ok = is_key_file(fd) && read(fd, key, CRYPTO_KEY_LEN) == CRYPTO_KEY_LEN;
    (void)close(fd);
    return ok ? ERR_OK : ERR_VAULT_KEY_FILE;
}

/* ---- making ---- */

static bool folder_sync(struct arena *arena, const char *path)
{
    int fd = open(dirname(str_cstr(arena, str_of(path))), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

static bool random_key_write(int fd)
{
    unsigned char key[CRYPTO_KEY_LEN];
    bool ok;

    crypto_random(key, sizeof(key));
    ok = write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) && fsync(fd) == 0;
    explicit_bzero(key, sizeof(key));
    return ok;
}

/* Writes beside the file and links, so that the path never shows half a key and two starting
 * processes end with the same one. The key is on the disk before anything is sealed with it. */
static enum err key_make(struct arena *arena, const char *path)
{
    char *draft = str_cstr(arena, str_printf(arena, "%s.XXXXXX", path));
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    bool ok;

    if (fd < 0) {
        return ERR_VAULT_KEY_FILE;
    }
    ok = random_key_write(fd) && (link(draft, path) == 0 || errno == EEXIST);
    (void)close(fd);
    (void)unlink(draft);
    return ok && folder_sync(arena, path) ? ERR_OK : ERR_VAULT_KEY_FILE;
}

/* ---- the vault ---- */

enum err vault_open(struct str key_file, bool create, struct vault **out)
{
    struct arena *arena = arena_new();
    const char *path = str_cstr(arena, key_file);
    unsigned char key[CRYPTO_KEY_LEN];
    struct vault *vault;
    enum err err = key_read(path, key);

    if (err == ERR_VAULT_KEY_MISSING && create) {
        err = key_make(arena, path);
        err = err == ERR_OK ? key_read(path, key) : err;
    }
    if (err != ERR_OK) {
        arena_free(arena);
        return err;
    }
    vault = mem_new(sizeof(*vault));
    vault->arena = arena;
    vault->key = secret_of(arena, (struct str){(const char *)key, sizeof(key)});
    explicit_bzero(key, sizeof(key));
    *out = vault;
    return ERR_OK;
}

void vault_free(struct vault *vault)
{
    if (vault != NULL) {
        secret_wipe(&vault->key);
        arena_free(vault->arena);
        mem_free(vault);
    }
}

struct str vault_seal(const struct vault *vault, struct arena *arena, struct str label,
                      const struct secret *plain)
{
    return crypto_seal(arena, &vault->key, label, plain);
}

enum err vault_unseal(const struct vault *vault, struct arena *arena, struct str label,
                      struct str sealed, struct secret *plain)
{
    return crypto_unseal(arena, &vault->key, label, sealed, plain);
}

void vault_derive(const struct vault *vault, struct str purpose, struct arena *arena,
                  struct secret *key)
{
    unsigned char derived[CRYPTO_KEY_LEN];

    crypto_hmac_sha256(&vault->key, purpose, derived);
    *key = secret_of(arena, (struct str){(const char *)derived, sizeof(derived)});
    explicit_bzero(derived, sizeof(derived));
}
