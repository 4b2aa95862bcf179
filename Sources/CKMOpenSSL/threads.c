/* What belongs to one thread: its number, a digest state to work in, and random bytes for initialization vectors (IVs).
 * It is freed when the thread ends. */
#define _DEFAULT_SOURCE 1
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "internal.h"

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

/* The random bytes that are not used up yet. The kernel fills this memory with zeros in a child process (after fork),
 * so `left` is 0 there: two processes never use the same bytes. Do not fork, or encrypt, in a signal handler. */
#define STOCK_SIZE 4096
typedef struct stock {
    size_t left;
    uint8_t bytes[STOCK_SIZE - sizeof(size_t)];
} stock;

typedef struct thread {
    size_t number; /* 0 before the first use */
    EVP_MD_CTX *digest;
    stock *ivs;
    bool has_no_stock; /* the system cannot wipe memory in a child process */
} thread;

static _Thread_local thread own;

static pthread_key_t at_end;
static bool has_key;

static void end_thread(void *state) {
    thread *ended = state;
    EVP_MD_CTX_free(ended->digest);
    if (ended->ivs != NULL) (void)munmap(ended->ivs, STOCK_SIZE);
    *ended = (thread){.number = ended->number};
}

static void create_key(void) { has_key = pthread_key_create(&at_end, end_thread) == 0; }

/* Asks for end_thread at the end of the calling thread. Returns false if the system cannot do so. */
static bool free_at_end(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, create_key) == 0 && has_key && pthread_setspecific(at_end, &own) == 0;
}

size_t km_thread_number(void) {
    static atomic_size_t threads = 0;
    if (own.number == 0) own.number = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
    return own.number - 1;
}

EVP_MD_CTX *km_thread_digest(void) {
    if (own.digest != NULL) return own.digest;
    if (!free_at_end()) return NULL;
    own.digest = EVP_MD_CTX_new();
    return own.digest;
}

static bool create_stock(void) {
#if defined(MADV_WIPEONFORK)
    if (own.has_no_stock || !free_at_end()) return false;
    void *memory = mmap(NULL, STOCK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* Some emulators accept any advice and ignore it. They accept one that does not exist, too. */
    if (memory != MAP_FAILED && madvise(memory, STOCK_SIZE, -1) != 0
        && madvise(memory, STOCK_SIZE, MADV_WIPEONFORK) == 0) {
        own.ivs = memory;
        return true;
    }
    if (memory != MAP_FAILED) (void)munmap(memory, STOCK_SIZE);
#endif
    own.has_no_stock = true;
    return false;
}

static km_result random_public(uint8_t *out, size_t size) {
    if (RAND_bytes_ex(NULL, out, size, 0) == 1) return KM_OK;
    OPENSSL_cleanse(out, size);
    km_clear();
    return KM_FAILED;
}

km_result km_random_iv(uint8_t *iv) {
    if (own.ivs == NULL && !create_stock()) return random_public(iv, KM_GCM_IV_SIZE);
    stock *ivs = own.ivs;
    if (ivs->left < KM_GCM_IV_SIZE) {
        const km_result result = random_public(ivs->bytes, sizeof ivs->bytes);
        if (result != KM_OK) return result;
        ivs->left = sizeof ivs->bytes;
    }
    ivs->left -= KM_GCM_IV_SIZE;
    memcpy(iv, ivs->bytes + ivs->left, KM_GCM_IV_SIZE);
    return KM_OK;
}

size_t km_slot_count(void) {
    static atomic_size_t known = 0;
    size_t count = atomic_load_explicit(&known, memory_order_relaxed);
    if (count > 0) return count;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t found = 8;
    while (found < KM_MAXIMUM_SLOTS && (long)found < 4 * processors) found *= 2;
    /* Arrays have this size, so all threads must get the same, even if the number of processors changes. */
    return atomic_compare_exchange_strong(&known, &count, found) ? found : count;
}

/* Between km_slot_take and km_slot_put, the thread alone has the pointer. */
void *km_slot_take(km_slot *slots, size_t count) {
    return atomic_exchange_explicit(&slots[km_thread_number() % count].idle, NULL, memory_order_acquire);
}

void *km_slot_put(km_slot *slots, size_t count, void *idle) {
    return atomic_exchange_explicit(&slots[km_thread_number() % count].idle, idle, memory_order_acq_rel);
}
