// Runs a program and writes to a file how much memory it had resident at most, in bytes:
//
//     PeakMemory FILE PROGRAM ARGUMENT...
//
// It is a small program of its own, since the kernel counts what the process had before it became PROGRAM: a test's
// process has more than the program that it starts.

// wait4 is not of POSIX.
#define _DEFAULT_SOURCE

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 3) return 64;
    const pid_t child = fork();
    if (child < 0) return 71;
    if (child == 0) {
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 71;
#ifdef __APPLE__
    const long unit = 1;
#else
    const long unit = 1024;
#endif
    FILE *file = fopen(arguments[1], "w");
    if (file == NULL || fprintf(file, "%ld", usage.ru_maxrss * unit) < 0 || fclose(file) != 0) return 73;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
