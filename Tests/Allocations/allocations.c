/* Counts the memory allocations of each thread, for `kmsec speed --allocations`. A process loads it before the C library;
 * see `run`. No tool contains it, since what replaces malloc has no place in a process that holds keys. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

static _Thread_local int64_t count;

/* The number of allocations that the calling thread has made. */
int64_t km_allocation_count(void) { return count; }

/* The functions of glibc under the names that are not replaced. Its free is not replaced at all. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count++;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *made = memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *memory = made;
    return 0;
}
