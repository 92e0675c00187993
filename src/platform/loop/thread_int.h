/* Shared inside platform/loop: condition variables on the monotonic clock. */
#ifndef PLATFORM_LOOP_THREAD_INT_H
#define PLATFORM_LOOP_THREAD_INT_H

#include "platform/loop/thread.h"

#include <pthread.h>
#include <time.h>

void thread__cond_init(pthread_cond_t *cond);
struct timespec thread__deadline(int64_t after_us);

#endif
