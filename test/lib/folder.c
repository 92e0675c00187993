#include "test/lib/folder.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void test_folder(char *folder, size_t size, const char *name)
{
    const char *parent = getenv("TMPDIR");
    int length;

    if (parent == NULL || parent[0] == '\0') {
        parent = "/tmp";
    }
    length = snprintf(folder, size, "%s/%s.XXXXXX", parent, name);
    CHECK(length > 0 && (size_t)length < size);
    CHECK(mkdtemp(folder) != NULL);
}
