#include "platform/store/store_int.h"

void list__add(struct list *list, void *item)
{
    if (list->count == list->size) {
        size_t size = list->size == 0 ? 64 : list->size * 2;

        list->items = mem_grow(list->items, list->size * sizeof(void *), size * sizeof(void *));
        list->size = size;
    }
    list->items[list->count++] = item;
}

void list__free(struct list *list)
{
    mem_free(list->items);
    *list = (struct list){0};
}
