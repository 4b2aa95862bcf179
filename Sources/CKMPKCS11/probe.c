/* Tries a module in a child process, so that a module that crashes or hangs does not take this process with it.
 *
 * The child is a fork, not a new program: a library has no program of its own to start. After a fork of a process with
 * several threads, a lock that another thread held stays locked in the child. The C library resets its own locks (those
 * of malloc, stdio and the loader) in the child, but the module can use other libraries, such as OpenSSL. Such a child
 * waits forever, like that of a module that hangs. So a child that does not finish is killed, and a second one is tried
 * before the module is blamed. Both have their own deadline. */
#ifdef KM_PKCS11
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "internal.h"

typedef struct report {
    km_rv rv;
    char reason[KM_P11_REASON_CAPACITY];
} report;

static int64_t now(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) return 0;
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static _Noreturn void child(const char *path, const char *parameters, int descriptor) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGTERM, SIGPIPE};
    const struct rlimit no_core = {0, 0};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) (void)signal(signals[i], SIG_DFL);
    (void)setrlimit(RLIMIT_CORE, &no_core); /* the memory of the parent may hold keys */
#if defined(__linux__)
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
    report found;
    memset(&found, 0, sizeof found);
    km_p11 *module = NULL;
    found.rv = km_p11_load(path, &module, found.reason);
    if (module != NULL) found.rv = km_p11_initialize(module, parameters);
    if (write(descriptor, &found, sizeof found) != (ssize_t)sizeof found) _exit(1);
    if (module != NULL && found.rv == CKR_OK) (void)km_p11_finalize(module); /* the answer is already given */
    _exit(0);
}

/* Reads the report. Returns true if it is complete, and sets *late if the deadline came first. */
static bool receive(int descriptor, int64_t deadline, report *found, bool *late) {
    size_t used = 0;
    *late = false;
    while (used < sizeof *found) {
        const int64_t left = deadline - now();
        struct pollfd question = {descriptor, POLLIN, 0};
        const int ready = left <= 0 ? 0 : poll(&question, 1, left > 60000 ? 60000 : (int)left);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0 && left <= 0) *late = true;
        if (ready < 0 || *late) return false;
        if (ready == 0) continue;
        const ssize_t got = read(descriptor, (char *)found + used, sizeof *found - used);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        used += (size_t)got;
    }
    return true;
}

/* Creates a pipe that programs which other threads start do not inherit. */
static int closing_pipe(int ends[2]) {
#if defined(__linux__)
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    for (int i = 0; i < 2; i++) (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC); /* the pipe works without the flag too */
    return 0;
#endif
}

static km_rv attempt(const char *path, const char *parameters, uint32_t milliseconds, char *reason) {
    int ends[2];
    if (closing_pipe(ends) != 0) {
        snprintf(reason, KM_P11_REASON_CAPACITY, "pipe: %s", strerror(errno));
        return KM_RV_NO_PROCESS;
    }
    const pid_t process = fork();
    if (process == 0) {
        (void)close(ends[0]);
        child(path, parameters, ends[1]);
    }
    if (process < 0) snprintf(reason, KM_P11_REASON_CAPACITY, "fork: %s", strerror(errno));
    (void)close(ends[1]);
    if (process < 0) {
        (void)close(ends[0]);
        return KM_RV_NO_PROCESS;
    }
    report found;
    memset(&found, 0, sizeof found);
    bool late = false;
    const int64_t deadline = now() + milliseconds;
    const bool complete = receive(ends[0], deadline, &found, &late);
    (void)close(ends[0]);
    /* After its answer, the child only ends its own connection to the HSM. A child without an answer has crashed, or the
     * module has closed the pipe and may hang. */
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(process, &status, WNOHANG)) == 0 && now() < deadline) {
        const struct timespec pause = {0, 1000000};
        (void)nanosleep(&pause, NULL);
    }
    if (ended == 0) {
        (void)kill(process, SIGKILL);
        late = true;
    }
    while (ended == 0 && (ended = waitpid(process, &status, 0)) < 0 && errno == EINTR) ended = 0;
    if (complete) {
        found.reason[KM_P11_REASON_CAPACITY - 1] = '\0';
        memcpy(reason, found.reason, KM_P11_REASON_CAPACITY);
        return found.rv;
    }
    if (late) return KM_RV_HUNG;
    if (ended == process && WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        const char *name = strsignal(number);
        snprintf(reason, KM_P11_REASON_CAPACITY, "signal %d (%s)", number, name == NULL ? "unknown" : name);
    } else if (ended == process && WIFEXITED(status)) {
        snprintf(reason, KM_P11_REASON_CAPACITY, "exit status %d", WEXITSTATUS(status));
    }
    return KM_RV_CRASHED;
}

km_rv km_p11_probe(const char *path, const char *parameters, uint32_t milliseconds, char *reason) {
    reason[0] = '\0';
    const km_rv rv = attempt(path, parameters, milliseconds, reason);
    return rv == KM_RV_HUNG ? attempt(path, parameters, milliseconds, reason) : rv;
}
#endif
