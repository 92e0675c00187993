/* The vault: seals secrets for storage with the master key.
 *
 * The master key is 32 random bytes in a file of its own (conf vault.key_file, mode 0600), never in
 * the database. It is made at the first start when the file does not exist and the database holds
 * nothing sealed. */
#ifndef PLATFORM_VAULT_VAULT_H
#define PLATFORM_VAULT_VAULT_H

#include "base/crypto.h"

struct vault; /* never changed after opening: any thread may use it */

/* ERR_VAULT_KEY_MISSING without create; ERR_VAULT_KEY_FILE when the file is there but not ours
 * alone (mode), not 32 bytes, or cannot be read or made. A made key is on the disk on return. */
MUST_USE enum err vault_open(struct str key_file, bool create, struct vault **out);
void vault_free(struct vault *vault); /* wipes the key; NULL is allowed */
/* label names table, column and row: "merchant_key.secret:<id>"; the same is needed to unseal. */
struct str vault_seal(const struct vault *vault, struct arena *arena, struct str label,
                      const struct secret *plain);
MUST_USE enum err vault_unseal(const struct vault *vault, struct arena *arena, struct str label,
                               struct str sealed, struct secret *plain);

/* A key of its own for a purpose, as for blind indexes: the same for ever with this master key. */
void vault_derive(const struct vault *vault, struct str purpose, struct arena *arena,
                  struct secret *key);

#endif
