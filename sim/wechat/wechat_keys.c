#include "sim/wechat/wechat_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024, PATH_BYTES = 4096 };

/* The data directory holds wechat-public.pem (the private half of the public-key mode, its id in a
 * first line "# PUB_KEY_ID_…"), and wechat-certificates, one file for all: a line
 * "# SERIAL FROM_MS", then key and certificate. */

static void name_public_key(struct wechat_key *key, int64_t now_ms)
{
    unsigned char raw[8];
    unsigned long long number = 0;

    sim_random(raw, sizeof(raw));
    for (size_t i = 0; i < sizeof(raw); i++) {
        number = number * 256 + raw[i];
    }
    (void)snprintf(key->name, sizeof(key->name), "PUB_KEY_ID_0%013lld%018llu", (long long)now_ms,
                   number % 1000000000000000000ULL);
}

/* A serial number is positive and keeps its length in every tool's notation. */
static void name_certificate(struct wechat_key *key)
{
    sim_random_hex(key->name, SIM_SERIAL_LEN);
    key->name[0] = '5';
}

static bool write_file(const struct wechat_keys *keys, const char *file, struct str text)
{
    char path[PATH_BYTES];
    char temporary[PATH_BYTES];
    int fd;
    bool good;

    (void)snprintf(path, sizeof(path), STR_FMT "/%s", STR_ARG(keys->directory), file);
    (void)snprintf(temporary, sizeof(temporary), STR_FMT "/%s.new", STR_ARG(keys->directory), file);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    good = write(fd, text.ptr, text.len) == (ssize_t)text.len;
    return close(fd) == 0 && good && rename(temporary, path) == 0;
}

/* The text of a file, or the empty one when there is none. */
static bool read_file(struct wechat_keys *keys, const char *file, struct str *out)
{
    char path[PATH_BYTES];
    enum { TEXT_MAX = FILE_MAX * WECHAT_CERTIFICATES_MAX };
    char *text;
    ssize_t len;
    int fd;

    (void)snprintf(path, sizeof(path), STR_FMT "/%s", STR_ARG(keys->directory), file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *out = STR("");
        return errno == ENOENT;
    }
    text = arena_alloc(keys->arena, TEXT_MAX);
    len = read(fd, text, TEXT_MAX);
    (void)close(fd);
    *out = (struct str){text, len > 0 ? (size_t)len : 0};
    return len > 0 && len < TEXT_MAX;
}

static void print_key(struct buf *buf, struct arena *arena, const struct wechat_key *key)
{
    buf_printf(buf, "# %s %lld\n", key->name, (long long)key->from_ms);
    buf_add(buf, sim_key_private_pem(arena, key->key));
    buf_add(buf, key->certificate_pem);
}

static bool save(const struct wechat_keys *keys, const char *file, const struct wechat_key *list,
                 size_t count)
{
    struct arena *arena = arena_new();
    struct buf text;
    bool good;

    buf_init_arena(&text, arena, FILE_MAX * WECHAT_CERTIFICATES_MAX);
    for (size_t i = 0; i < count; i++) {
        print_key(&text, arena, &list[i]);
    }
    good = buf_ok(&text) && write_file(keys, file, buf_str(&text));
    arena_free(arena);
    return good;
}

/* One entry of the notation of print_key, cut from the head of rest. */
static bool read_key(struct str *rest, struct wechat_key *key)
{
    struct str name;
    struct str line;
    size_t end;

    *rest = str_slice(*rest, 2, rest->len);
    if (!str_cut(rest, '\n', &line) || !str_cut(&line, ' ', &name) ||
        name.len >= sizeof(key->name) || str_parse_int(line, &key->from_ms) != ERR_OK) {
        return false;
    }
    (void)snprintf(key->name, sizeof(key->name), STR_FMT, STR_ARG(name));
    if (!str_find(*rest, STR("\n# "), &end)) {
        end = rest->len - 1;
    }
    line = str_slice(*rest, 0, end + 1);
    *rest = str_slice(*rest, end + 1, rest->len);
    if (str_find(line, STR("-----BEGIN CERTIFICATE"), &end)) {
        key->certificate_pem = str_slice(line, end, line.len);
        line = str_slice(line, 0, end);
    }
    return sim_key_private(line, &key->key) == ERR_OK;
}

static bool load(struct wechat_keys *keys, const char *file, struct wechat_key *list, size_t max,
                 size_t *count)
{
    struct str rest;

    *count = 0;
    if (!read_file(keys, file, &rest)) {
        return false;
    }
    while (str_starts(rest, STR("# ")) && *count < max) {
        if (!read_key(&rest, &list[*count])) {
            return false;
        }
        (*count)++;
    }
    return rest.len == 0;
}

static enum err open_keys(struct wechat_keys *keys, int64_t now_ms)
{
    size_t count;

    if (!load(keys, "wechat-certificates", keys->certificates, WECHAT_CERTIFICATES_MAX,
              &keys->certificate_count) ||
        !load(keys, "wechat-public.pem", &keys->public_key, 1, &count)) {
        return ERR_CRYPTO_KEY;
    }
    if (count == 0) {
        keys->public_key.key = sim_key_make();
        keys->public_key.from_ms = now_ms;
        name_public_key(&keys->public_key, now_ms);
        if (!save(keys, "wechat-public.pem", &keys->public_key, 1)) {
            return ERR_CONF_FILE;
        }
    }
    return keys->certificate_count == 0 ? wechat_keys_rotate(keys, now_ms) : ERR_OK;
}

enum err wechat_keys_open(struct str directory, int64_t now_ms, char problem[256],
                          struct wechat_keys **out)
{
    struct wechat_keys *keys = mem_new(sizeof(*keys));
    enum err err;

    keys->arena = arena_new();
    keys->directory = str_dup(keys->arena, directory);
    err = open_keys(keys, now_ms);
    if (err != ERR_OK) {
        (void)snprintf(problem, 256, "the WeChat keys in %.180s: %s",
                       str_cstr(keys->arena, directory), err_text(err));
        wechat_keys_free(keys);
        return err;
    }
    *out = keys;
    return ERR_OK;
}

void wechat_keys_free(struct wechat_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->certificate_count; i++) {
        sim_key_free(keys->certificates[i].key);
    }
    sim_key_free(keys->public_key.key);
    arena_free(keys->arena);
    mem_free(keys);
}

enum err wechat_keys_rotate(struct wechat_keys *keys, int64_t now_ms)
{
    struct wechat_key key = {.key = sim_key_make(), .from_ms = now_ms};

    name_certificate(&key);
    key.certificate_pem = sim_certificate_make(keys->arena, key.key, key.name, now_ms);
    if (keys->certificate_count == WECHAT_CERTIFICATES_MAX) {
        sim_key_free(keys->certificates[0].key);
        keys->certificate_count--;
        memmove(&keys->certificates[0], &keys->certificates[1],
                keys->certificate_count * sizeof(key));
    }
    keys->certificates[keys->certificate_count++] = key;
    return save(keys, "wechat-certificates", keys->certificates, keys->certificate_count)
               ? ERR_OK
               : ERR_CONF_FILE;
}

const struct wechat_key *wechat_keys_signing(const struct wechat_keys *keys)
{
    return &keys->certificates[keys->certificate_count - 1];
}
