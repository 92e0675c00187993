/* What is to happen later, on a clock that can run faster than the world's.
 *
 * Events wait in a heap; one timer of the loop sleeps until the first is due. Waiting times are
 * divided by the speed; the times written into messages are always the real ones, because
 * signatures are only good for five real minutes. */
#ifndef SIM_SIM_SCHEDULE_H
#define SIM_SIM_SCHEDULE_H

#include "platform/loop/loop.h"

struct sim_event {
    int64_t due;  /* ms of the schedule's clock */
    size_t place; /* in the heap, from 1; 0: not waiting */
    void (*fire)(struct sim_event *event);
};

enum { SIM_SPEED_MAX = 1000000 };

struct sim_schedule;
struct sim_schedule *sim_schedule_new(struct loop *loop, int64_t speed);
/* Closes the timer: the loop must turn once more, or be freed, afterwards. */
void sim_schedule_free(struct sim_schedule *schedule);
void sim_schedule_set_speed(struct sim_schedule *schedule, int64_t speed); /* 1 … SIM_SPEED_MAX */
int64_t sim_schedule_speed(const struct sim_schedule *schedule);
/* Puts the event at so many ms of the schedule's clock from now, also when it waits already. */
void sim_schedule_in(struct sim_schedule *schedule, struct sim_event *event, int64_t after_ms);
void sim_schedule_cancel(struct sim_schedule *schedule, struct sim_event *event);
size_t sim_schedule_waiting(const struct sim_schedule *schedule);

#endif
