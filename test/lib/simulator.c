#include "test/lib/simulator.h"
#include "test/lib/folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* build/VARIANT/tomato-sim, seen from build/VARIANT/test/…/x_test. */
static char *program_path(struct arena *arena)
{
    static const struct str mark = STR_INIT("/test/");
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    struct str path;
    size_t at;

    CHECK(len > 0 && (size_t)len < sizeof(self));
    path = (struct str){self, (size_t)len};
    CHECK(str_find(path, mark, &at));
    for (size_t next; str_find(str_slice(path, at + 1, path.len), mark, &next);) {
        at += 1 + next;
    }
    return str_cstr(arena,
                    str_printf(arena, STR_FMT "/tomato-sim", STR_ARG(str_slice(path, 0, at))));
}

static void run(struct simulator *simulator, char *program, int out)
{
    char *const argv[] = {program,
                          (char *)(uintptr_t) "--port",
                          (char *)(uintptr_t) "0",
                          (char *)(uintptr_t) "--data",
                          simulator->dir,
                          (char *)(uintptr_t) "--log",
                          (char *)(uintptr_t) "/dev/null",
                          NULL};

    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0); /* it does not outlive a test that crashed */
    CHECK(dup2(out, STDOUT_FILENO) == STDOUT_FILENO);
    (void)execv(program, argv);
    (void)fprintf(stderr, "cannot run %s\n", program);
    _exit(127);
}

/* "tomato-sim listening on http://127.0.0.1:PORT" */
static struct str read_url(struct arena *arena, int in)
{
    FILE *file = fdopen(in, "r");
    char line[256];
    struct str text;
    size_t at;

    CHECK(file != NULL && fgets(line, sizeof(line), file) != NULL);
    text = str_trim(str_of(line));
    CHECK(str_find(text, STR("http://"), &at));
    text = str_dup(arena, str_slice(text, at, text.len));
    CHECK(fclose(file) == 0);
    return text;
}

struct simulator *simulator_start(struct arena *arena)
{
    struct simulator *simulator = ARENA_NEW(arena, struct simulator);
    char *program = program_path(arena);
    int pipe_fd[2];

    test_folder(simulator->dir, sizeof(simulator->dir), "simulator");
    CHECK(pipe(pipe_fd) == 0);
    simulator->pid = fork();
    CHECK(simulator->pid >= 0);
    if (simulator->pid == 0) {
        (void)close(pipe_fd[0]);
        run(simulator, program, pipe_fd[1]);
    }
    CHECK(close(pipe_fd[1]) == 0);
    simulator->base_url = read_url(arena, pipe_fd[0]);
    return simulator;
}

void simulator_stop(struct simulator *simulator)
{
    char command[128];
    int status;

    CHECK(kill(simulator->pid, SIGTERM) == 0);
    CHECK(waitpid(simulator->pid, &status, 0) == simulator->pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)snprintf(command, sizeof(command), "rm -r '%s'", simulator->dir);
    CHECK(system(command) == 0);
}
