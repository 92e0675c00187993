/* Bank cards: numbers and names sealed, shown masked, found by a blind index. */
#include "base/encode.h"
#include "business/account/account_int.h"

enum { SHOWN_FIRST = 6, SHOWN_LAST = 4 };

/* ---- numbers ---- */

static struct str masked(struct arena *arena, struct str number)
{
    struct buf text;

    buf_init_arena(&text, arena, number.len);
    for (size_t i = 0; i < number.len; i++) {
        bool shown = i < SHOWN_FIRST || i + SHOWN_LAST >= number.len;

        buf_add_char(&text, shown ? number.ptr[i] : '*');
    }
    return buf_str(&text);
}

/* The first character: enough to see that it is somebody else's. */
static struct str masked_name(struct arena *arena, struct str name)
{
    size_t len = 1;

    while (len < name.len && ((unsigned char)name.ptr[len] & 0xC0U) == 0x80U) {
        len++;
    }
    return str_printf(arena, STR_FMT "**", STR_ARG(((struct str){name.ptr, len})));
}

static struct str blind_index(const struct app *app, struct arena *arena, struct str plain)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct secret key;
    struct buf text;

    vault_derive(app->vault, STR("account_card.blind"), arena, &key);
    crypto_hmac_sha256(&key, plain, mac);
    secret_wipe(&key);
    buf_init_arena(&text, arena, 2 * sizeof(mac));
    hex_encode(&text, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&text);
}

static struct str label(struct arena *arena, const char *column, int64_t card_id)
{
    return str_printf(arena, "account_card.%s:%lld", column, (long long)card_id);
}

static struct str sealed(const struct app *app, struct arena *arena, struct str name,
                         struct str text)
{
    struct secret plain = secret_of(arena, text);
    struct str out = vault_seal(app->vault, arena, name, &plain);

    secret_wipe(&plain);
    return out;
}

void account__card_seal(const struct app *app, struct arena *arena,
                        const struct account_card_plain *plain, struct account_card_ask *ask)
{
    struct account_card *card = &ask->card;

    card->masked = masked(arena, plain->number);
    card->number = sealed(app, arena, label(arena, "number", card->id), plain->number);
    card->holder = sealed(app, arena, label(arena, "holder", card->id), plain->holder);
    ask->asked.number = card->masked;
    ask->asked.holder = masked_name(arena, plain->holder);
    ask->asked.number_hash = blind_index(app, arena, plain->number);
    ask->asked.holder_hash = blind_index(app, arena, plain->holder);
}

enum err account_card_open(const struct app *app, struct arena *arena,
                           const struct account_card *card, struct secret *number,
                           struct secret *holder)
{
    TRY(vault_unseal(app->vault, arena, label(arena, "number", card->id), card->number, number));
    return vault_unseal(app->vault, arena, label(arena, "holder", card->id), card->holder, holder);
}

/* ---- in commands ---- */

enum err account_card_get(struct tx *tx, int64_t merchant_id, int64_t card_id,
                          const struct account_card **card)
{
    const void *row;
    enum err err = tx_get(tx, &account_card_table, card_id, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_ACCOUNT_CARD : err;
    }
    *card = row;
    return (*card)->merchant_id == merchant_id && (*card)->status == ACCOUNT_CARD_ACTIVE
               ? ERR_OK
               : ERR_ACCOUNT_CARD;
}

enum err account_card_default(struct tx *tx, int64_t merchant_id, const struct account_card **card)
{
    const struct account_card like = {.default_of = merchant_id};
    const void *row;
    enum err err = tx_find(tx, &account_card_table, 1, &like, &row);

    if (err != ERR_OK) {
        return err == ERR_STORE_NOT_FOUND ? ERR_ACCOUNT_CARD : err;
    }
    *card = row;
    return ERR_OK;
}

enum err account_card_or_default(struct tx *tx, int64_t merchant_id, int64_t card_id,
                                 const struct account_card **card)
{
    enum err err =
        card_id == 0 ? ERR_ACCOUNT_CARD : account_card_get(tx, merchant_id, card_id, card);

    return err == ERR_ACCOUNT_CARD ? account_card_default(tx, merchant_id, card) : err;
}

void account_card_prefetch(struct prefetch *pre, int64_t merchant_id, int64_t card_id)
{
    const struct account_card like = {.default_of = merchant_id};

    prefetch_unique(pre, &account_card_table, 1, &like);
    if (card_id != 0) {
        prefetch_id(pre, &account_card_table, card_id);
    }
}

static void touch(struct tx *tx, struct account_card *card)
{
    card->updated_at_ms = tx_now_ms(tx);
    card->version++;
}

static enum err edit(struct tx *tx, int64_t card_id, struct account_card **card)
{
    void *row;

    TRY(tx_edit(tx, &account_card_table, card_id, &row));
    *card = row;
    return ERR_OK;
}

/* The card takes the place of the merchant's default one, if there is one. */
static enum err take_default(struct tx *tx, struct account_card *card)
{
    const struct account_card *found;
    struct account_card *old;
    enum err err = account_card_default(tx, card->merchant_id, &found);

    if (err != ERR_ACCOUNT_CARD) {
        TRY(err);
        TRY(edit(tx, found->id, &old));
        old->is_default = false;
        old->default_of = 0;
        touch(tx, old);
    }
    card->is_default = true;
    card->default_of = card->merchant_id;
    return ERR_OK;
}

/* ---- history ---- */

struct state {
    int64_t card;
    struct str number;
    enum account_card_status status;
    bool is_default;
    int64_t default_card; /* 0: the merchant has none */
    struct str default_number;
};

static const struct enum_name status_names[] = {{ACCOUNT_CARD_ACTIVE, "active"},
                                                {ACCOUNT_CARD_REMOVED, "removed"},
                                                {ACCOUNT_CARD_ASKED, "asked"},
                                                {0, NULL}};

static const struct field state_fields[] = {
    FIELD(struct state, card, FIELD_ID, .prefix = "crd"),
    FIELD(struct state, number, FIELD_TEXT, .max = 32),
    FIELD(struct state, status, FIELD_ENUM, .names = status_names),
    FIELD(struct state, is_default, FIELD_BOOL, .always = true),
    FIELD(struct state, default_card, FIELD_ID, .prefix = "crd"),
    FIELD(struct state, default_number, FIELD_TEXT, .max = 32),
};
static const struct field_set state_set = FIELD_SET("bank_card_state", state_fields);

/* The card as it is, and where the merchant's settlements go. */
static enum err print_state(struct tx *tx, int64_t card_id, struct str *text)
{
    const struct account_card *card, *other;
    const void *row;
    struct state state;
    struct buf buf;
    enum err err;

    TRY(tx_get(tx, &account_card_table, card_id, &row));
    card = row;
    state = (struct state){.card = card->id,
                           .number = card->masked,
                           .status = card->status,
                           .is_default = card->is_default};
    err = account_card_default(tx, card->merchant_id, &other);
    if (err != ERR_ACCOUNT_CARD) {
        TRY(err);
        state.default_card = other->id;
        state.default_number = other->masked;
    }
    buf_init_arena(&buf, tx_arena(tx), ACCOUNT__CARD_STATE_MAX);
    json_print_fields(&buf, &state_set, &state);
    CHECK(buf_ok(&buf));
    *text = buf_str(&buf);
    return ERR_OK;
}

/* ---- changes ---- */

static enum err activate(struct tx *tx, struct account_card *card, struct str blind,
                         bool is_default)
{
    const struct account_card *other;
    enum err err = account_card_default(tx, card->merchant_id, &other);

    if (err != ERR_OK && err != ERR_ACCOUNT_CARD) {
        return err;
    }
    card->status = ACCOUNT_CARD_ACTIVE;
    card->blind = blind;
    return is_default || err == ERR_ACCOUNT_CARD ? take_default(tx, card) : ERR_OK;
}

static enum err remove_card(struct tx *tx, struct account_card *card)
{
    if (card->is_default) {
        return tx_refuse(tx, ERR_ACCOUNT_CARD_DEFAULT, "id");
    }
    card->status = ACCOUNT_CARD_REMOVED;
    card->blind = STR(""); /* the number may be added again */
    return ERR_OK;
}

static enum err make(struct tx *tx, const struct account_card_change *change,
                     struct account_card *card)
{
    switch (change->action) {
    case ACCOUNT_CARD_ADDED:
        return activate(tx, card, change->blind, change->is_default);
    case ACCOUNT_CARD_MADE_DEFAULT:
        return take_default(tx, card);
    case ACCOUNT_CARD_TAKEN_AWAY:
        return remove_card(tx, card);
    }
    check_failed("card change", __FILE__, __LINE__);
}

enum err account__card_change(struct tx *tx, const struct account_card_change *change)
{
    struct account_card_note note = {
        .id = tx_id(tx),
        .card_id = change->card_id,
        .action = change->action,
        .operator_id = change->operator_id,
        .reviewer_id = change->reviewer_id,
        .review_id = change->review_id,
        .reason = change->reason,
        .created_at_ms = tx_now_ms(tx),
    };
    struct account_card *card;

    TRY(print_state(tx, change->card_id, &note.before));
    TRY(edit(tx, change->card_id, &card));
    TRY(make(tx, change, card));
    touch(tx, card);
    note.merchant_id = card->merchant_id;
    TRY(print_state(tx, change->card_id, &note.after));
    return tx_insert(tx, &account__card_note_table, &note);
}
