/* Feeds the shim's parsers damaged and made-up key files, and lets allocations fail in each of its operations.
 *
 *     driver first            the first use of each algorithm, with failing allocations
 *     driver ivs              initialization vectors of threads and of child processes, which must all be different
 *     driver starve [STEP]    every operation, with failing allocations
 *     driver mutate COUNT     COUNT damaged copies of good files
 *     driver build COUNT [FIRST]
 *                             COUNT files put together from choices (KeyFiles), from the file number FIRST on
 *
 * The same files come in every run of a pair; the pair is made anew. It ends with status 1 after a crash, a leak, an entry in
 * OpenSSL's error queue, a key that does not work, or a call that takes more processor time than LIMIT. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKMOpenSSL.h"
#include "driver.h"
#include "keyfiles.h"

#define LIMIT 0.5

const km_limits test_limits = {.maximum_bits = MAXIMUM_BITS, .rounds = 10000000, .unasked_rounds = 100000};

unsigned long defect_count = 0;

void defect(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (defect_count++ < 500) {
        fputs("defect: ", stdout);
        vprintf(format, arguments);
        putchar('\n');
    }
    va_end(arguments);
}

double processor_time(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t state = 1;

static uint64_t next(void) { /* SplitMix64 */
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t below(size_t count) { return count == 0 ? 0 : (size_t)(next() % count); }

/* What the parsers made of the files so far. */
static struct {
    unsigned long files, accepted, consistent;
    unsigned long results[KM_INCONSISTENT + 1];
    double worst;
    char worst_file[80];
} seen;

static void check(km_result result, const void *made, const char *reason, const char *file) {
    if ((result == KM_OK) != (made != NULL)) defect("%s: result %d with%s a handle", file, result, made == NULL ? "out" : "");
    if (result == KM_FAILED) defect("%s: OpenSSL failed (%s)", file, reason);
    if (result == KM_MISUSED || result == KM_NOT_AUTHENTIC) defect("%s: result %d", file, result);
    if (memchr(reason, 0, KM_REASON_CAPACITY) == NULL) defect("%s: an endless reason", file);
    if (result <= KM_INCONSISTENT) seen.results[result]++;
    else defect("%s: result %d, which does not exist", file, result);
    if (km_error_queue_drain() != 0) defect("%s: entries in the error queue (result %d)", file, result);
    if (made != NULL) seen.accepted++;
}

static void stop_clock(double begun, const char *what, const char *file) {
    const double taken = processor_time() - begun;
    if (taken > LIMIT) defect("%s: %.3f s in %s", file, taken, what);
    if (taken > seen.worst) {
        seen.worst = taken;
        snprintf(seen.worst_file, sizeof seen.worst_file, "%s in %s", file, what);
    }
}

/* An accepted key encrypts, is exported, and reads as itself. */
static void use_public(const km_rsa *key, const char *file) {
    uint8_t out[MAXIMUM_BITS / 8];
    char reason[KM_REASON_CAPACITY];
    km_buffer der;
    km_rsa *again = NULL;
    if (km_rsa_bits(key) < 1 || km_rsa_bits(key) > MAXIMUM_BITS || km_rsa_size(key) != (km_rsa_bits(key) + 7) / 8) {
        defect("%s: a key of %zu bits", file, km_rsa_bits(key));
        return;
    }
    if (km_rsa_export_spki(key, KM_DER, &der) != KM_OK
        || km_rsa_parse_public(der.bytes, der.size, MAXIMUM_BITS, &again, reason) != KM_OK
        || !km_rsa_same_public(key, again)) {
        defect("%s: the accepted key does not read as itself", file);
    }
    km_rsa_free(again);
    km_secret_free(der.bytes, der.size);
    if (km_rsa_bits(key) >= 2048 && km_rsa_oaep_encrypt(key, out, 16, out) != KM_OK) defect("%s: does not encrypt", file);
}

/* What the package does with a pair that it accepts; whether it fits is part of the time. */
static void use_private(const km_rsa *pair, const char *file) {
    if (km_rsa_bits(pair) < 2048) return;
    const km_result result = km_rsa_check_consistency(pair);
    if (result == KM_OK) seen.consistent++;
    else if (result != KM_INCONSISTENT) defect("%s: the consistency cannot be checked", file);
}

/* What the package does with a file of a private key, of a public key and of a certificate. */
static void feed(const uint8_t *original, size_t size, const char *file) {
    char reason[KM_REASON_CAPACITY];
    /* Of its very size, so that the sanitizer sees what is read behind its end. */
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) abort();
    memcpy(bytes, original, size);
    int was_plain = 0;
    seen.files++;
    for (int with_passphrase = 0; with_passphrase < 2; with_passphrase++) {
        km_rsa *pair = NULL;
        memset(reason, 'x', sizeof reason);
        const double begun = processor_time();
        const km_result result = km_rsa_parse_private(bytes, size, with_passphrase ? (const uint8_t *)PASSPHRASE : NULL,
                                                      with_passphrase ? strlen(PASSPHRASE) : 0, &test_limits, &pair,
                                                      reason);
        if (pair != NULL && !was_plain) use_private(pair, file);
        stop_clock(begun, "km_rsa_parse_private", file);
        check(result, pair, reason, file);
        if (pair != NULL && !was_plain) use_public(pair, file);
        was_plain = pair != NULL;
        km_rsa_free(pair);
    }
    km_rsa *key = NULL;
    memset(reason, 'x', sizeof reason);
    double begun = processor_time();
    km_result result = km_rsa_parse_public(bytes, size, MAXIMUM_BITS, &key, reason);
    stop_clock(begun, "km_rsa_parse_public", file);
    check(result, key, reason, file);
    if (key != NULL) use_public(key, file);
    km_rsa_free(key);

    km_certificate *certificate = NULL;
    memset(reason, 'x', sizeof reason);
    begun = processor_time();
    km_rsa *in_it = NULL;
    result = km_certificate_parse(bytes, size, MAXIMUM_BITS, &certificate, &in_it, reason);
    if ((certificate == NULL) != (in_it == NULL)) defect("%s: a certificate without a key", file);
    if (certificate != NULL) {
        int64_t from, to;
        km_buffer subject, serial, der;
        (void)km_certificate_validity(certificate, &from, &to);
        (void)km_certificate_copy_subject(certificate, &subject);
        (void)km_certificate_copy_serial(certificate, &serial);
        if (km_certificate_export(certificate, KM_DER, &der) != KM_OK) defect("%s: cannot be exported", file);
        km_secret_free(subject.bytes, subject.size);
        km_secret_free(serial.bytes, serial.size);
        km_secret_free(der.bytes, der.size);
    }
    stop_clock(begun, "km_certificate_parse", file);
    check(result, certificate, reason, file);
    km_certificate_free(certificate);
    km_rsa_free(in_it);
    free(bytes);
}

static void report(const char *what) {
    printf("%s: %lu files, %lu times accepted, %lu consistent pairs, worst call %.1f ms (%s)\nresults:", what, seen.files,
           seen.accepted, seen.consistent, seen.worst * 1e3, seen.worst_file);
    for (int i = 0; i <= KM_INCONSISTENT; i++) printf(" %d:%lu", i, seen.results[i]);
    putchar('\n');
}

static size_t damage(uint8_t *bytes, size_t size) {
    for (size_t edits = 1 + below(3); edits > 0 && size > 1; edits--) {
        /* The front of a file has most of its structure. */
        const size_t at = below(next() % 2 ? size : size < 64 ? size : 64);
        switch (below(8)) {
        case 0: bytes[at] ^= (uint8_t)(1 << below(8)); break;
        case 1: bytes[at] = (uint8_t)next(); break;
        case 2: memmove(bytes + at, bytes + at + 1, --size - at); break;
        case 3: memmove(bytes + at + 1, bytes + at, size++ - at); bytes[at] = (uint8_t)next(); break;
        case 4: size = at; break;
        case 5: bytes[at] = (uint8_t[]){0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff}[below(8)]; break;
        case 6: { /* swaps two bytes */
            const size_t other = below(size);
            const uint8_t byte = bytes[at];
            bytes[at] = bytes[other];
            bytes[other] = byte;
            break;
        }
        default: { /* doubles a part */
            const size_t length = below(size - at < 40 ? size - at : 40);
            memmove(bytes + at + length, bytes + at, size - at);
            size += length;
            break;
        }
        }
    }
    return size;
}

static void mutate(unsigned long count) {
    static uint8_t bytes[1 << 16];
    char name[80];
    for (size_t i = 0; i < good_file_count; i++) feed(good_files[i].bytes, good_files[i].size, good_files[i].name);
    if (seen.results[KM_OK] == 0) defect("no good file is accepted");
    for (unsigned long number = 0; number < count; number++) {
        const good_file *good = &good_files[number % good_file_count];
        state = number;
        memcpy(bytes, good->bytes, good->size);
        snprintf(name, sizeof name, "%s %lu", good->name, number);
        feed(bytes, damage(bytes, good->size), name);
    }
    report("mutate");
}

static void build(unsigned long count, unsigned long first) {
    static uint8_t bytes[KEYFILES_CAPACITY];
    static const char *const forms[KEYFILES_FORMS] = {
        "PKCS#1", "PKCS#8", "encrypted PKCS#8", "PKCS#12", "SPKI", "PKCS#1 public", "certificate", "JWK",
    };
    const good_file *pkcs1 = find_good_file("pkcs1.der");
    uint8_t choices[2048];
    char name[80];
    for (unsigned long number = first; number < first + count; number++) {
        state = number;
        /* From nearly sound to hopeless. */
        const size_t soundness = 1 + below(10);
        for (size_t i = 0; i < sizeof choices; i++) {
            const uint64_t noise = next();
            choices[i] = (uint8_t)noise;
            if ((noise >> 8) % soundness != 0) choices[i] %= 200;
        }
        keyfiles_form form = KEYFILES_PKCS1;
        choices[0] = (uint8_t)(number % KEYFILES_JWK);
        const size_t size = keyfiles_build(choices, sizeof choices, pkcs1->bytes, pkcs1->size, bytes, &form);
        snprintf(name, sizeof name, "%s %lu", forms[form], number);
        feed(bytes, size, name);
    }
    report("build");
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    const unsigned long number = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    if (!install_allocator()) {
        puts("OpenSSL's allocator cannot be replaced");
        return 1;
    }
    if (strcmp(what, "first") == 0) {
        starve_first_uses();
        return defect_count > 0;
    }
    if (strcmp(what, "ivs") == 0) {
        compare_ivs();
        return defect_count > 0;
    }
    if (!make_good_files()) {
        puts("the good files cannot be made");
        return 1;
    }
    if (strcmp(what, "starve") == 0) starve(number);
    else if (strcmp(what, "mutate") == 0) mutate(number);
    else if (strcmp(what, "build") == 0) build(number, argc > 3 ? strtoul(argv[3], NULL, 10) : 0);
    else {
        puts("usage: driver first | ivs | starve [STEP] | mutate COUNT | build COUNT [FIRST]");
        return 64;
    }
    free_good_files();
    printf("%lu defects\n", defect_count);
    return defect_count > 0;
}
