/* Inserts by MariaDB's bulk execution: one prepared statement for a row, parameters as one array
 * per column. */
#include "platform/store/driver_mysql.h"

#include <stdio.h>

enum { BULK_ROWS_MAX = 4096 };

static enum db_status failed(struct mysql_db *mysql, MYSQL_STMT *statement)
{
    unsigned code = mysql_stmt_errno(statement);

    (void)snprintf(mysql->db.problem, sizeof(mysql->db.problem), "%.200s (%u)",
                   mysql_stmt_error(statement), code);
    return code == 0 ? DB_FAILED : driver_mysql__class(code);
}

static enum db_status prepare(struct mysql_db *mysql, const struct table_info *info,
                              MYSQL_STMT **out)
{
    MYSQL_STMT *statement = mysql->inserts[info->number];
    enum db_status status = DB_OK;

    if (statement == NULL) {
        statement = mysql_stmt_init(mysql->handle);
        CHECK(statement != NULL);
        mysql->inserts[info->number] = statement;
        sql__insert(&mysql->sql, info);
        for (size_t i = 0; i < info->table->column_count; i++) {
            buf_add(&mysql->sql, i == 0 ? STR("(?") : STR(",?"));
        }
        buf_add_char(&mysql->sql, ')');
        CHECK(buf_ok(&mysql->sql));
        if (mysql_stmt_prepare(statement, mysql->sql.ptr, mysql->sql.len) != 0) {
            status = failed(mysql, statement);
        }
        buf_reset(&mysql->sql);
    }
    *out = statement;
    return status;
}

void driver_mysql__bulk_close(struct mysql_db *mysql)
{
    for (size_t i = 0; i < mysql->db.catalog->table_count; i++) {
        if (mysql->inserts[i] != NULL) {
            (void)mysql_stmt_close(mysql->inserts[i]);
            mysql->inserts[i] = NULL;
        }
    }
}

static void bind_texts(struct arena *arena, const struct column *column, void *const *rows,
                       size_t count, MYSQL_BIND *bind)
{
    const char **texts = ARENA_ARRAY(arena, const char *, count);
    unsigned long *lengths = ARENA_ARRAY(arena, unsigned long, count);

    for (size_t i = 0; i < count; i++) {
        struct str text = row__text(column, rows[i]);

        texts[i] = text.len == 0 ? "" : text.ptr;
        lengths[i] = text.len;
    }
    bind->buffer_type = column->type == COL_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
    bind->buffer = texts;
    bind->length = lengths;
}

static void bind_ints(struct arena *arena, const struct column *column, void *const *rows,
                      size_t count, MYSQL_BIND *bind)
{
    int64_t *numbers = ARENA_ARRAY(arena, int64_t, count);

    for (size_t i = 0; i < count; i++) {
        numbers[i] = row__int(column, rows[i]);
    }
    bind->buffer_type = MYSQL_TYPE_LONGLONG;
    bind->buffer = numbers;
}

static void bind_nulls(struct arena *arena, const struct column *column, void *const *rows,
                       size_t count, MYSQL_BIND *bind)
{
    char *indicators = ARENA_ARRAY(arena, char, count);

    for (size_t i = 0; i < count; i++) {
        indicators[i] = row__is_null(column, rows[i]) ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    }
    bind->u.indicator = indicators;
}

static MYSQL_BIND *bind_columns(struct mysql_db *mysql, const struct table_info *info,
                                void *const *rows, size_t count)
{
    struct arena *arena = mysql->scratch;
    MYSQL_BIND *binds = ARENA_ARRAY(arena, MYSQL_BIND, info->table->column_count);

    for (size_t i = 0; i < info->table->column_count; i++) {
        const struct column *column = &info->table->columns[i];

        if (column_is_text(column)) {
            bind_texts(arena, column, rows, count, &binds[i]);
        } else {
            bind_ints(arena, column, rows, count, &binds[i]);
        }
        if (column->optional) {
            bind_nulls(arena, column, rows, count, &binds[i]);
        }
    }
    return binds;
}

/* How many of the rows fit into one packet. */
static size_t fitting(const struct table_info *info, void *const *rows, size_t count)
{
    size_t bytes = 0;
    size_t fit = 0;

    while (fit < count && fit < BULK_ROWS_MAX && bytes < DRIVER_MYSQL_PACKET_MAX) {
        bytes += info->table->column_count * sizeof(int64_t);
        for (size_t i = 0; i < info->text_count; i++) {
            const unsigned char *at = (const unsigned char *)rows[fit] + info->texts[i];

            bytes += ((const struct str *)(const void *)at)->len;
        }
        fit++;
    }
    return fit;
}

static enum db_status insert_some(struct mysql_db *mysql, MYSQL_STMT *statement,
                                  const struct table_info *info, void *const *rows, size_t count)
{
    const unsigned int size = (unsigned int)count;

    arena_reset(mysql->scratch);
    if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &size) != 0 ||
        mysql_stmt_bind_param(statement, bind_columns(mysql, info, rows, count)) != 0 ||
        mysql_stmt_execute(statement) != 0) {
        return failed(mysql, statement);
    }
    CHECK(mysql_stmt_affected_rows(statement) == count);
    return DB_OK;
}

enum db_status driver_mysql__bulk_insert(struct mysql_db *mysql, const struct table_info *info,
                                         void *const *rows, size_t count)
{
    MYSQL_STMT *statement;
    enum db_status status = prepare(mysql, info, &statement);
    size_t now;

    for (size_t done = 0; done < count && status == DB_OK; done += now) {
        now = fitting(info, rows + done, count - done);
        status = insert_some(mysql, statement, info, rows + done, now);
    }
    return status;
}
