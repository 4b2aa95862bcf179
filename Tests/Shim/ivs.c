/* Initialization vectors of several threads, and of a process and its children: all must be different. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

/* More than a thread fetches at once. */
#define EACH 1000
#define THREADS 4
#define CHILDREN 3

typedef uint8_t iv[KM_GCM_IV_SIZE];

static void *fill(void *place) {
    iv *ivs = place;
    for (size_t i = 0; i < EACH; i++) {
        if (km_random_iv(ivs[i]) != KM_OK) defect("km_random_iv failed");
    }
    return NULL;
}

static int compare(const void *left, const void *right) { return memcmp(left, right, sizeof(iv)); }

/* Reads exactly `size` bytes. Returns 0 at an earlier end. */
static int read_all(int from, uint8_t *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = read(from, bytes + done, size - done);
        if (count <= 0) return 0;
        done += (size_t)count;
    }
    return 1;
}

/* The IVs of a child process, which begins with the same memory as this thread. */
static void fill_in_child(iv *ivs) {
    int ends[2];
    if (pipe(ends) != 0) return defect("pipe failed");
    const pid_t child = fork();
    if (child < 0) return defect("fork failed");
    if (child == 0) {
        fill(ivs);
        _exit(write(ends[1], ivs, EACH * sizeof(iv)) == EACH * sizeof(iv) ? 0 : 1);
    }
    close(ends[1]);
    int status = 1;
    if (!read_all(ends[0], (uint8_t *)ivs, EACH * sizeof(iv))) defect("a child did not send its IVs");
    if (waitpid(child, &status, 0) != child || status != 0) defect("a child failed");
    close(ends[0]);
}

void compare_ivs(void) {
    const size_t count = (1 + CHILDREN + THREADS) * EACH;
    iv *ivs = calloc(count, sizeof(iv)), first;
    if (ivs == NULL) return defect("no memory");
    /* The stock of this thread has something in it when the children begin. */
    if (km_random_iv(first) != KM_OK) defect("km_random_iv failed");
    for (size_t i = 0; i < CHILDREN; i++) fill_in_child(ivs + (1 + i) * EACH);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, fill, ivs + (1 + CHILDREN + i) * EACH) != 0) defect("no thread");
    }
    fill(ivs);
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    qsort(ivs, count, sizeof(iv), compare);
    for (size_t i = 1; i < count; i++) {
        if (compare(ivs[i - 1], ivs[i]) == 0) defect("two IVs are equal");
    }
    free(ivs);
}
