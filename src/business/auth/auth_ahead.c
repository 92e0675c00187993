/* Stamps ahead of our clock. Nonces are in memory alone, so a process refuses what was signed
 * before it started. That leaves what the process before it took with a stamp in the future: how
 * far those went is written down per key before they are taken, and refused by the next process. */
#include "business/auth/auth_int.h"

static void ahead_prefetch(struct prefetch *pre, const void *arg_ptr, unsigned round)
{
    const struct auth_ahead_raise *arg = arg_ptr;

    if (round == 0) {
        prefetch_id(pre, &auth__ahead_table, arg->key_id);
    }
}

static enum err ahead_apply(struct tx *tx, const void *arg_ptr, void *result)
{
    const struct auth_ahead_raise *arg = arg_ptr;
    struct auth_ahead *ahead;
    void *row;
    enum err err = tx_edit(tx, &auth__ahead_table, arg->key_id, &row);

    (void)result;
    if (err == ERR_STORE_NOT_FOUND) {
        return tx_insert(tx, &auth__ahead_table,
                         &(struct auth_ahead){.id = arg->key_id,
                                              .process = arg->process,
                                              .until_ms = arg->until_ms});
    }
    TRY(err);
    ahead = row;
    if (ahead->process != arg->process) {
        ahead->process = arg->process;
        ahead->floor_ms = ahead->until_ms;
    }
    if (arg->until_ms > ahead->until_ms) {
        ahead->until_ms = arg->until_ms;
    }
    return ERR_OK;
}

const struct command_kind auth__ahead_kind = {
    .name = "auth.ahead",
    .prefetch = ahead_prefetch,
    .apply = ahead_apply,
};
