/* Folders for what a test keeps: databases, keys, journals. */
#ifndef TEST_LIB_FOLDER_H
#define TEST_LIB_FOLDER_H

#include <stddef.h>

/* Makes a new folder in TMPDIR (/tmp) and writes its path, "…/name.XXXXXX", into folder. Ends the
 * program where that cannot be made, or has no room in size. */
void test_folder(char *folder, size_t size, const char *name);

#endif
