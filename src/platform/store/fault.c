#include "platform/store/store_int.h"

static struct counter fault_calls;
static struct counter fault_nth;

void store_fault_at(int64_t nth)
{
    counter_set(&fault_calls, 0);
    counter_set(&fault_nth, nth);
}

int64_t store_fault_calls(void)
{
    return counter_get(&fault_calls);
}

bool fault__hit(void)
{
    counter_add(&fault_calls, 1);
    return counter_get(&fault_calls) == counter_get(&fault_nth);
}
