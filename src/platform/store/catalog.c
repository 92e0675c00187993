#include "platform/store/catalog.h"

#include <stdio.h>

enum { SQL_MAX = 65536 };

static size_t pointer_start(const struct pointer_map *map, const void *pointer)
{
    return (size_t)(((uint64_t)(uintptr_t)pointer * UINT64_C(0x9E3779B97F4A7C15)) >> 32) &
           map->mask;
}

/* False when the pointer is there already. */
static bool pointer_add(struct pointer_map *map, const void *pointer, size_t number)
{
    size_t at = pointer_start(map, pointer);

    while (map->slots[at].pointer != NULL) {
        if (map->slots[at].pointer == pointer) {
            return false;
        }
        at = (at + 1) & map->mask;
    }
    map->slots[at] = (struct pointer_slot){pointer, number};
    return true;
}

static size_t pointer_number(const struct pointer_map *map, const void *pointer)
{
    size_t at = pointer_start(map, pointer);

    while (map->slots[at].pointer != pointer) {
        CHECK(map->slots[at].pointer != NULL);
        at = (at + 1) & map->mask;
    }
    return map->slots[at].number;
}

const struct table_info *catalog__table(const struct catalog *catalog, const struct table *table)
{
    return &catalog->tables[pointer_number(&catalog->numbers, table)];
}

size_t catalog__statement(const struct catalog *catalog, const struct statement *statement)
{
    return pointer_number(&catalog->numbers, statement);
}

size_t catalog__sequence(const struct catalog *catalog, const struct sequence *sequence)
{
    return pointer_number(&catalog->numbers, sequence);
}

static bool find_column(const struct table *table, const char *name, size_t *number)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

static enum err unique_init(struct unique_info *info, const struct table *table,
                            const struct unique *unique, char detail[256])
{
    info->rising = unique->rising;
    for (size_t i = 0; i < UNIQUE_COLUMNS_MAX && unique->columns[i] != NULL; i++) {
        const struct column *column;

        if (!find_column(table, unique->columns[i], &info->columns[i])) {
            (void)snprintf(detail, 256, "unique key %s: table %s has no column %s", unique->name,
                           table->name, unique->columns[i]);
            return ERR_STORE_MIGRATION;
        }
        column = &table->columns[info->columns[i]];
        if (!column->fixed && !column->optional && info->columns[i] != 0) {
            (void)snprintf(detail, 256, "unique key %s: column %s must be fixed or optional",
                           unique->name, column->name);
            return ERR_STORE_MIGRATION;
        }
        info->changeable = info->changeable || (!column->fixed && info->columns[i] != 0);
        info->column_count++;
    }
    CHECK(info->column_count > 0);
    CHECK(!info->rising || !column_is_text(&table->columns[info->columns[0]]));
    return ERR_OK;
}

static void texts_init(struct arena *arena, struct table_info *info)
{
    size_t *texts = ARENA_ARRAY(arena, size_t, info->table->column_count);

    for (size_t i = 0; i < info->table->column_count; i++) {
        if (column_is_text(&info->table->columns[i])) {
            texts[info->text_count++] = info->table->columns[i].offset;
        }
    }
    info->texts = texts;
}

static enum err table_init(struct catalog *catalog, struct table_info *info,
                           const struct table *table, char detail[256])
{
    struct buf buf;

    CHECK(table->column_count > 0 && table->columns[0].type == COL_ID);
    CHECK(table->unique_count <= UNIQUES_MAX);
    info->table = table;
    info->number = (size_t)(info - catalog->tables);
    if (!pointer_add(&catalog->numbers, table, info->number)) {
        (void)snprintf(detail, 256, "table %s is registered twice", table->name);
        return ERR_STORE_MIGRATION;
    }
    texts_init(catalog->arena, info);
    for (size_t i = 0; i < table->unique_count; i++) {
        TRY(unique_init(&info->uniques[i], table, &table->uniques[i], detail));
        info->any_changeable = info->any_changeable || info->uniques[i].changeable;
    }
    buf_init_arena(&buf, catalog->arena, SQL_MAX);
    for (size_t i = 0; i < table->column_count; i++) {
        buf_printf(&buf, "%s`%s`", i == 0 ? "" : ", ", table->columns[i].name);
    }
    CHECK(buf_ok(&buf));
    info->columns = buf_str(&buf);
    info->name = str_printf(catalog->arena, "`%s`", table->name);
    return ERR_OK;
}

/* "SELECT :row FROM …" becomes "SELECT `id`, `a`, … FROM …". */
static char *expand_row(struct arena *arena, const struct statement *statement,
                        const struct table_info *row)
{
    const struct str start = STR("SELECT :row FROM ");
    struct str sql = str_of(statement->sql);
    struct buf buf;

    if (row == NULL || !str_starts(sql, start)) {
        return str_cstr(arena, sql);
    }
    buf_init_arena(&buf, arena, SQL_MAX);
    buf_add(&buf, STR("SELECT "));
    buf_add(&buf, row->columns);
    buf_add(&buf, STR(" FROM "));
    buf_add(&buf, str_slice(sql, start.len, sql.len));
    CHECK(buf_ok(&buf));
    return str_cstr(arena, buf_str(&buf));
}

static enum err statement_init(struct catalog *catalog, const struct statement *statement,
                               char detail[256])
{
    struct statement_info *info = &catalog->statements[catalog->statement_count];

    if (!pointer_add(&catalog->numbers, statement, catalog->statement_count)) {
        (void)snprintf(detail, 256, "statement %s is registered twice", statement->name);
        return ERR_STORE_MIGRATION;
    }
    info->statement = statement;
    info->row = statement->row == NULL ? NULL : catalog__table(catalog, statement->row);
    info->sql = expand_row(catalog->arena, statement, info->row);
    catalog->statement_count++;
    return ERR_OK;
}

static enum err add_tables(struct catalog *catalog, const struct store_part *part, char detail[256])
{
    for (size_t i = 0; i < part->table_count; i++) {
        struct table_info *info = &catalog->tables[catalog->table_count];

        TRY(table_init(catalog, info, part->tables[i], detail));
        catalog->table_count++;
    }
    return ERR_OK;
}

static enum err add_shapes(struct catalog *catalog, const struct store_part *part, char detail[256])
{
    for (size_t i = 0; i < part->shape_count; i++) {
        size_t at = catalog->table_count + catalog->shape_count++;

        TRY(table_init(catalog, &catalog->tables[at], part->shapes[i], detail));
    }
    return ERR_OK;
}

static enum err add_statements(struct catalog *catalog, const struct store_part *part,
                               char detail[256])
{
    for (size_t i = 0; i < part->statement_count; i++) {
        TRY(statement_init(catalog, part->statements[i], detail));
    }
    for (size_t i = 0; i < part->sequence_count; i++) {
        CHECK(pointer_add(&catalog->numbers, part->sequences[i], catalog->sequence_count));
        catalog->sequences[catalog->sequence_count++] = part->sequences[i];
    }
    return ERR_OK;
}

enum err catalog__init(struct catalog *catalog, const struct store_part *parts, size_t part_count,
                       char detail[256])
{
    size_t tables = 0, statements = 0, sequences = 0, slots = 16;

    *catalog = (struct catalog){.arena = arena_new()};
    for (size_t i = 0; i < part_count; i++) {
        tables += parts[i].table_count + parts[i].shape_count;
        statements += parts[i].statement_count;
        sequences += parts[i].sequence_count;
    }
    while (slots < 4 * (tables + statements + sequences)) {
        slots *= 2;
    }
    catalog->numbers.slots = ARENA_ARRAY(catalog->arena, struct pointer_slot, slots);
    catalog->numbers.mask = slots - 1;
    catalog->tables = ARENA_ARRAY(catalog->arena, struct table_info, tables);
    catalog->statements = ARENA_ARRAY(catalog->arena, struct statement_info, statements);
    catalog->sequences = ARENA_ARRAY(catalog->arena, const struct sequence *, sequences);
    for (size_t i = 0; i < part_count; i++) {
        TRY(add_tables(catalog, &parts[i], detail));
    }
    for (size_t i = 0; i < part_count; i++) {
        TRY(add_shapes(catalog, &parts[i], detail));
    }
    for (size_t i = 0; i < part_count; i++) {
        TRY(add_statements(catalog, &parts[i], detail));
    }
    return ERR_OK;
}

void catalog__free(struct catalog *catalog)
{
    arena_free(catalog->arena);
}
