#include "sim/sim_crypto.h"

#include "base/encode.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { RSA_BITS = 2048, PEM_MAX = 16 * 1024, GCM_TAG_LEN = 16 };
enum { CERTIFICATE_DAYS = 5 * 365 };

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.ptr;
}

/* Base64 of raw bytes in the arena. */
static struct str base64_of(struct arena *arena, struct str raw)
{
    struct buf text;

    buf_init_arena(&text, arena, raw.len * 2 + 8);
    base64_encode(&text, raw);
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

void sim_random(void *out, size_t len)
{
    CHECK(RAND_bytes(out, (int)len) == 1);
}

void sim_random_hex(char *out, size_t count)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char raw[32];

    CHECK(count % 2 == 0 && count / 2 <= sizeof(raw));
    sim_random(raw, count / 2);
    for (size_t i = 0; i < count; i++) {
        out[i] = digits[i % 2 == 0 ? raw[i / 2] >> 4 : raw[i / 2] & 15];
    }
    out[count] = '\0';
}

void sim_sha1(struct str data, unsigned char out[SIM_SHA1_LEN])
{
    CHECK(EVP_Digest(data.ptr, data.len, out, NULL, EVP_sha1(), NULL) == 1);
}

void sim_sha256(struct str data, unsigned char out[SIM_SHA256_LEN])
{
    CHECK(EVP_Digest(data.ptr, data.len, out, NULL, EVP_sha256(), NULL) == 1);
}

bool sim_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The context keeps the key between messages: fetching and keying one costs more than a MAC. */
struct sim_mac {
    EVP_MAC_CTX *ctx;
};

struct sim_mac *sim_mac_new(struct str key)
{
    struct sim_mac *mac = mem_new(sizeof(*mac));
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    CHECK(hmac != NULL);
    mac->ctx = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    CHECK(mac->ctx != NULL);
    CHECK(EVP_MAC_init(mac->ctx, bytes_of(key), key.len, params) == 1);
    return mac;
}

void sim_mac_free(struct sim_mac *mac)
{
    if (mac != NULL) {
        EVP_MAC_CTX_free(mac->ctx);
        mem_free(mac);
    }
}

struct str sim_mac_hex(struct arena *arena, struct sim_mac *mac, struct str data)
{
    unsigned char raw[SIM_SHA256_LEN];
    size_t len;
    struct buf text;

    CHECK(EVP_MAC_init(mac->ctx, NULL, 0, NULL) == 1);
    CHECK(EVP_MAC_update(mac->ctx, bytes_of(data), data.len) == 1);
    CHECK(EVP_MAC_final(mac->ctx, raw, &len, sizeof(raw)) == 1 && len == sizeof(raw));
    buf_init_arena(&text, arena, 2 * sizeof(raw));
    hex_encode(&text, (struct str){(const char *)raw, sizeof(raw)});
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

struct sim_key {
    EVP_PKEY *pkey;
};

static struct sim_key *key_of(EVP_PKEY *pkey)
{
    struct sim_key *key = mem_new(sizeof(*key));

    key->pkey = pkey;
    return key;
}

static enum err accept_rsa(EVP_PKEY *pkey, struct sim_key **out)
{
    if (pkey == NULL || !EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) < RSA_BITS) {
        EVP_PKEY_free(pkey);
        return ERR_CRYPTO_KEY;
    }
    *out = key_of(pkey);
    return ERR_OK;
}

static BIO *reader_of(struct str text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);

    CHECK(bio != NULL);
    return bio;
}

static EVP_PKEY *certificate_key(struct str pem)
{
    BIO *bio = reader_of(pem);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    EVP_PKEY *pkey = certificate == NULL ? NULL : X509_get_pubkey(certificate);

    X509_free(certificate);
    BIO_free(bio);
    return pkey;
}

enum err sim_key_public(struct str pem, struct sim_key **out)
{
    BIO *bio;
    EVP_PKEY *pkey;

    if (pem.len == 0 || pem.len > PEM_MAX) {
        return ERR_CRYPTO_KEY;
    }
    if (str_find(pem, STR("BEGIN CERTIFICATE"), &(size_t){0})) {
        return accept_rsa(certificate_key(pem), out);
    }
    bio = reader_of(pem);
    pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return accept_rsa(pkey, out);
}

/* Without it OpenSSL would ask the terminal for the pass phrase of an encrypted key. */
static int no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

enum err sim_key_private(struct str pem, struct sim_key **out)
{
    BIO *bio;
    EVP_PKEY *pkey;

    if (pem.len == 0 || pem.len > PEM_MAX) {
        return ERR_CRYPTO_KEY;
    }
    bio = reader_of(pem);
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    return accept_rsa(pkey, out);
}

struct sim_key *sim_key_make(void)
{
    EVP_PKEY *pkey = EVP_RSA_gen(RSA_BITS);

    CHECK(pkey != NULL);
    return key_of(pkey);
}

void sim_key_free(struct sim_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        mem_free(key);
    }
}

static struct str take_text(struct arena *arena, BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    struct str text;

    CHECK(len > 0);
    text = str_dup(arena, (struct str){data, (size_t)len});
    BIO_free(bio);
    return text;
}

static BIO *writer_new(void)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(bio != NULL);
    return bio;
}

struct str sim_key_public_pem(struct arena *arena, const struct sim_key *key)
{
    BIO *bio = writer_new();

    CHECK(PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
    return take_text(arena, bio);
}

struct str sim_key_private_pem(struct arena *arena, const struct sim_key *key)
{
    BIO *bio = writer_new();

    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    return take_text(arena, bio);
}

struct str sim_sign(struct arena *arena, const struct sim_key *key, struct str data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char raw[1024];
    size_t len = sizeof(raw);

    CHECK(ctx != NULL);
    CHECK(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1);
    CHECK(EVP_DigestSign(ctx, raw, &len, bytes_of(data), data.len) == 1);
    EVP_MD_CTX_free(ctx);
    return base64_of(arena, (struct str){(const char *)raw, len});
}

bool sim_verify(struct arena *arena, const struct sim_key *key, struct str data,
                struct str signature)
{
    EVP_MD_CTX *ctx;
    struct str raw;
    bool good;

    if (base64_decode(arena, signature, &raw) != ERR_OK) {
        return false;
    }
    ctx = EVP_MD_CTX_new();
    CHECK(ctx != NULL);
    CHECK(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1);
    good = EVP_DigestVerify(ctx, bytes_of(raw), raw.len, bytes_of(data), data.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

struct str sim_seal(struct arena *arena, const struct sim_seal *seal, struct str plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char *out = arena_alloc(arena, plain.len + GCM_TAG_LEN);
    int len;
    int rest;

    CHECK(ctx != NULL && seal->key.len == SIM_GCM_KEY_LEN && seal->nonce.len == SIM_GCM_NONCE_LEN);
    CHECK(EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), bytes_of(seal->key), bytes_of(seal->nonce),
                              NULL) == 1);
    CHECK(EVP_EncryptUpdate(ctx, NULL, &len, bytes_of(seal->aad), (int)seal->aad.len) == 1);
    CHECK(EVP_EncryptUpdate(ctx, out, &len, bytes_of(plain), (int)plain.len) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, out + len, &rest) == 1 && len + rest == (int)plain.len);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG_LEN, out + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return base64_of(arena, (struct str){(const char *)out, plain.len + GCM_TAG_LEN});
}

static void set_serial(X509 *certificate, const char *serial)
{
    BIGNUM *number = NULL;

    CHECK(BN_hex2bn(&number, serial) == SIM_SERIAL_LEN);
    CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL);
    BN_free(number);
}

static void set_name(X509 *certificate)
{
    static const char *const parts[][2] = {
        {"C", "CN"}, {"O", "Tomato payment simulator"}, {"CN", "Simulated platform signature"}};
    X509_NAME *name = X509_get_subject_name(certificate);

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        CHECK(X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_UTF8,
                                         (const unsigned char *)parts[i][1], -1, -1, 0) == 1);
    }
    CHECK(X509_set_issuer_name(certificate, name) == 1);
}

struct str sim_certificate_make(struct arena *arena, const struct sim_key *key, const char *serial,
                                int64_t from_ms)
{
    X509 *certificate = X509_new();
    time_t from = (time_t)(from_ms / 1000);
    BIO *bio = writer_new();

    CHECK(certificate != NULL);
    CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
    set_serial(certificate, serial);
    set_name(certificate);
    CHECK(X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &from) != NULL);
    CHECK(X509_time_adj_ex(X509_getm_notAfter(certificate), CERTIFICATE_DAYS, 0, &from) != NULL);
    CHECK(X509_set_pubkey(certificate, key->pkey) == 1);
    CHECK(X509_sign(certificate, key->pkey, EVP_sha256()) > 0);
    CHECK(PEM_write_bio_X509(bio, certificate) == 1);
    X509_free(certificate);
    return take_text(arena, bio);
}
