/* Making, rotating and revoking, and what is noted of it. */
#include "business/operator/operator_int.h"

static enum err note(struct tx *tx, const struct auth_key *key, struct operator_change change)
{
    change.id = tx_id(tx);
    change.key_id = key->id;
    change.name = key->name;
    change.permissions = key->permissions;
    change.created_at_ms = tx_now_ms(tx);
    return tx_insert(tx, &operator__change_table, &change);
}

static enum err get(struct tx *tx, int64_t key_id, const struct auth_key **key)
{
    const void *row;
    enum err err = tx_get(tx, &auth_key_table, key_id, &row);

    if (err == ERR_STORE_NOT_FOUND) {
        return ERR_AUTH_KEY_NOT_FOUND;
    }
    TRY(err);
    *key = row;
    return (*key)->algorithm == AUTH_BEARER ? ERR_OK : ERR_AUTH_KEY_NOT_FOUND;
}

/* ---- making ---- */

static enum err insert_apply(struct tx *tx, const void *arg, void *result)
{
    TRY(auth_key_insert_kind.apply(tx, arg, result));
    return note(tx, arg, (struct operator_change){.action = OPERATOR_MADE});
}

const struct command_kind operator_insert_kind = {
    .name = "operator.insert",
    .apply = insert_apply,
};

/* What the checkers see, and the key is made of. */
static const struct field change_fields[] = {
    FIELD(struct auth_key, id, FIELD_ID, .prefix = OPERATOR_PREFIX, .required = true),
    FIELD(struct auth_key, name, FIELD_TEXT, .max = OPERATOR_NAME_MAX, .required = true),
    FIELD(struct auth_key, permissions, FIELD_TEXT, .max = OPERATOR_PERMISSIONS_MAX,
          .required = true),
    {.name = "not_before",
     .offset = offsetof(struct auth_key, not_before_ms),
     .type = FIELD_TIME,
     .help = "Absent: valid at once"},
    {.name = "expires_at",
     .offset = offsetof(struct auth_key, expires_at_ms),
     .type = FIELD_TIME,
     .help = "Absent: never"},
    {.name = "secret_sha256",
     .offset = offsetof(struct auth_key, secret),
     .type = FIELD_TEXT,
     .max = OPERATOR_DIGEST_LEN,
     .required = true},
};
static const struct field_set change_set = FIELD_SET("operator_key_asked", change_fields);

static enum err check(struct tx *tx, const struct review_item *item, struct auth_key *key)
{
    const struct auth_key *maker;

    TRY(review_change_read(tx, item, &change_set, sizeof(*key), key));
    TRY(get(tx, item->maker_key_id, &maker));
    if (maker->status != AUTH_KEY_ACTIVE) {
        return tx_refuse(tx, ERR_AUTH_KEY_REVOKED, "maker");
    }
    return auth_covers(maker->permissions, key->permissions)
               ? ERR_OK
               : tx_refuse(tx, ERR_AUTH_PERMISSION, "permissions");
}

static enum err check_reviewed(struct tx *tx, const struct review_item *item)
{
    struct auth_key key;

    return check(tx, item, &key);
}

static enum err apply_reviewed(struct tx *tx, const struct review_item *item)
{
    struct auth_key key;

    TRY(check(tx, item, &key));
    key.algorithm = AUTH_BEARER;
    key.status = AUTH_KEY_ACTIVE;
    key.created_at_ms = tx_now_ms(tx);
    key.version = 1;
    TRY(auth_key_insert_kind.apply(tx, &key, NULL));
    return note(tx, &key,
                (struct operator_change){.action = OPERATOR_MADE,
                                         .operator_id = item->maker_key_id,
                                         .review_id = item->id,
                                         .reason = item->reason});
}

const struct review_kind operator__review = {
    .name = "operator.key",
    .check_permission = "operator:write",
    .check = check_reviewed,
    .apply = apply_reviewed,
};

static struct str summary_of(struct tx *tx, const struct auth_key *key)
{
    struct str text = str_printf(tx_arena(tx), STR_FMT ": " STR_FMT, STR_ARG(key->name),
                                 STR_ARG(key->permissions));

    return str_utf8_count(text) <= REVIEW_SUMMARY_MAX ? text : key->name;
}

static enum err ask_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct operator_ask *arg = arg_ptr;
    const struct str summary = summary_of(tx, &arg->key);
    const struct review_ask ask = {
        .kind = &operator__review,
        .maker_key_id = arg->operator_id,
        .subject_prefix = OPERATOR_PREFIX,
        .subject_id = arg->key.id,
        .change = review_change_print(tx_arena(tx), &change_set, &arg->key),
        .summary = summary, /* names and permissions are of no language */
        .summary_zh = summary,
        .reason = arg->reason,
    };
    const struct review_item *item;

    TRY(review_submit(tx, &ask, &item));
    tx_result_row(tx, &review_table, item, result);
    return ERR_OK;
}

const struct command_kind operator__ask_kind = {
    .name = "operator.ask",
    .apply = ask_apply,
    .result_size = sizeof(struct review_item),
};

/* ---- rotating ---- */

static enum err check_own(struct tx *tx, const struct auth_key *old,
                          const struct operator_rotate *arg)
{
    struct str name;

    TRY(review_operator_name(tx, arg->operator_id, &name));
    if (old->id != arg->operator_id && (name.len == 0 || !str_eq(name, old->name))) {
        return ERR_OPERATOR_NOT_OWN;
    }
    return auth_covers(arg->permissions, old->permissions)
               ? ERR_OK
               : tx_refuse(tx, ERR_AUTH_PERMISSION, "permissions");
}

static enum err rotate_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct operator_rotate *arg = arg_ptr;
    struct auth_key_rotate rotate = arg->rotate;
    const struct auth_key *old;
    const void *made;

    TRY(get(tx, rotate.key_id, &old));
    TRY(check_own(tx, old, arg));
    rotate.next.name = old->name;
    rotate.next.permissions = old->permissions;
    TRY(auth_key_rotate_kind.apply(tx, &rotate, result));
    TRY(note(tx, old,
             (struct operator_change){.action = OPERATOR_ROTATED,
                                      .next_key_id = rotate.next.id,
                                      .operator_id = arg->operator_id}));
    TRY(tx_get(tx, &auth_key_table, rotate.next.id, &made));
    tx_result_row(tx, &auth_key_table, made, result);
    return ERR_OK;
}

const struct command_kind operator__rotate_kind = {
    .name = "operator.rotate",
    .apply = rotate_apply,
    .result_size = sizeof(struct auth_key),
};

/* ---- revoking ---- */

static enum err revoke_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct operator_revoke *arg = arg_ptr;
    const struct auth_key_revoke revoke = {.key_id = arg->key_id, .operators = true};
    const struct auth_key *key;
    bool active;

    TRY(get(tx, arg->key_id, &key));
    active = key->status == AUTH_KEY_ACTIVE;
    TRY(auth_key_revoke_kind.apply(tx, &revoke, result));
    return active ? note(tx, key,
                         (struct operator_change){.action = OPERATOR_REVOKED,
                                                  .operator_id = arg->operator_id,
                                                  .reason = arg->reason})
                  : ERR_OK;
}

const struct command_kind operator_revoke_kind = {
    .name = "operator.revoke",
    .apply = revoke_apply,
    .result_size = sizeof(struct auth_key),
};

/* ---- the module ---- */

static enum err start(struct app *app, void **state)
{
    *state = NULL;
    review_register(app, &operator__review);
    return ERR_OK;
}

const struct module operator_module = {
    .name = "operator",
    .store = &operator_part,
    .routes = operator__routes,
    .start = start,
};
