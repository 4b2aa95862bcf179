/* Failing allocations: for each operation of the shim the first allocation of OpenSSL fails, then the second, and so on until
 * the operation needs none that fails. There are three ways to fail: that one allocation; all from it on; and that one, with an
 * entry in the error queue, which OpenSSL makes itself from 3.2 on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "CKMOpenSSL.h"
#include "driver.h"

typedef enum way { ONE, ALL_FROM_THERE, ONE_WITH_ENTRY, WAYS } way;
static const char *const names_of_ways[WAYS] = {"", " and on", " with an entry"};

static unsigned long until_failure = 0; /* 0: no allocation fails */
static way way_to_fail = ONE;
static int failed = 0;
static long outstanding = 0;

static int must_fail(void) {
    if (until_failure == 0) return 0;
    if (until_failure > 1) {
        until_failure--;
        return 0;
    }
    failed = 1;
    if (way_to_fail != ALL_FROM_THERE) until_failure = 0;
    if (way_to_fail == ONE_WITH_ENTRY) ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
    return 1;
}

static void *allocate(size_t size, const char *file, int line) {
    (void)file, (void)line;
    void *memory = must_fail() ? NULL : malloc(size);
    if (memory != NULL) outstanding++;
    return memory;
}

static void release(void *memory, const char *file, int line) {
    (void)file, (void)line;
    if (memory != NULL) outstanding--;
    free(memory);
}

static void *reallocate(void *memory, size_t size, const char *file, int line) {
    if (memory == NULL) return allocate(size, file, line);
    if (size == 0) {
        release(memory, file, line);
        return NULL;
    }
    return must_fail() ? NULL : realloc(memory, size);
}

int install_allocator(void) { return CRYPTO_set_mem_functions(allocate, reallocate, release); }

/* What an operation returns. OpenSSL does not always tell that memory was short: a decryption that fails for it looks like one
 * under a wrong passphrase. Such results are counted, and are no defects. */
enum { NOT_DONE = 0, DONE = 1, WRONG = -1, MISREPORTED = -2 };

static km_rsa *pair, *public_key;
static km_hmac *hmac;
static km_certificate *certificate;
static km_bytes integers[KM_COMPONENTS];
static const good_file *subject_file;
static uint8_t ciphertext[256], ciphertext_sha1[256];
static char reason[KM_REASON_CAPACITY];

static const uint8_t key[32] = "0123456789abcdef0123456789abcde";
static const uint8_t message[] = "a message";

static int sha256(void) {
    static const uint8_t of_nothing[4] = {0xe3, 0xb0, 0xc4, 0x42};
    uint8_t digest[KM_SHA256_SIZE];
    if (km_sha256(NULL, 0, digest) != KM_OK) return 0;
    return memcmp(digest, of_nothing, sizeof of_nothing) == 0 ? 1 : -1;
}

static int hmac_once(void) {
    uint8_t mac[KM_SHA256_SIZE];
    km_hmac *made = NULL;
    if (km_hmac_create(key, sizeof key, &made) != KM_OK) return made == NULL ? 0 : -1;
    const int done = km_hmac_compute(made, message, sizeof message, mac) == KM_OK;
    km_hmac_free(made);
    return done;
}

static int hmac_prepared(void) {
    static uint8_t expected[KM_SHA256_SIZE];
    static int is_known = 0;
    uint8_t mac[KM_SHA256_SIZE];
    if (km_hmac_compute(hmac, message, sizeof message, mac) != KM_OK) return 0;
    if (!is_known) memcpy(expected, mac, sizeof mac);
    is_known = 1;
    return memcmp(expected, mac, sizeof mac) == 0 ? 1 : -1;
}

static int aes(void) {
    uint8_t sealed[sizeof message], tag[KM_GCM_TAG_SIZE], opened[sizeof message];
    const uint8_t iv[KM_GCM_IV_SIZE] = {1};
    km_aes_gcm *sealing = NULL, *opening = NULL;
    int result = km_aes_gcm_create(key, 32, &sealing) == KM_OK && km_aes_gcm_copy(sealing, &opening) == KM_OK
        && km_aes_gcm_seal(sealing, iv, message, 3, message, sizeof message, sealed, tag) == KM_OK
        && km_aes_gcm_open(opening, iv, message, 3, sealed, sizeof message, tag, opened) == KM_OK;
    if (result && memcmp(message, opened, sizeof message) != 0) result = -1;
    km_aes_gcm_free(sealing);
    km_aes_gcm_free(opening);
    return result;
}

static int random_bytes(void) {
    uint8_t bytes[32] = {0};
    static const uint8_t none[32] = {0};
    if (km_random(sizeof bytes, bytes) != KM_OK) return 0;
    return memcmp(bytes, none, sizeof none) != 0 ? 1 : -1;
}

static int random_iv(void) {
    uint8_t ivs[2][KM_GCM_IV_SIZE] = {{0}};
    if (km_random_iv(ivs[0]) != KM_OK || km_random_iv(ivs[1]) != KM_OK) return 0;
    return memcmp(ivs[0], ivs[1], KM_GCM_IV_SIZE) != 0 ? 1 : -1;
}

static int secret_memory(void) {
    uint8_t *memory = NULL;
    const km_result result = km_secret_allocate(100, &memory);
    if ((result == KM_OK) != (memory != NULL)) return -1;
    km_secret_free(memory, 100);
    return result == KM_OK;
}

/* Whether the result and the handle of a function agree, and what it made is the key of the good files. */
static int judge(km_result returned, km_rsa *made) {
    int result = returned == KM_OK ? DONE : returned == KM_FAILED ? NOT_DONE : MISREPORTED;
    if ((returned == KM_OK) != (made != NULL)) result = WRONG;
    if (made != NULL && !km_rsa_same_public(made, public_key) && !failed) result = WRONG;
    if (made != NULL && (km_rsa_bits(made) != 2048 || km_rsa_size(made) != 256)) result = WRONG;
    km_rsa_free(made);
    return result;
}

static int parse_private(void) {
    km_rsa *made = NULL;
    const km_result result = km_rsa_parse_private(subject_file->bytes, subject_file->size, (const uint8_t *)PASSPHRASE,
                                                  strlen(PASSPHRASE), &test_limits, &made, reason);
    return judge(result, made);
}

static int parse_public(void) {
    km_rsa *made = NULL;
    const km_result result = km_rsa_parse_public(subject_file->bytes, subject_file->size, MAXIMUM_BITS, &made, reason);
    return judge(result, made);
}

static int parse_certificate(void) {
    km_certificate *made = NULL;
    km_rsa *in_it = NULL;
    const km_result result = km_certificate_parse(subject_file->bytes, subject_file->size, MAXIMUM_BITS, &made, &in_it, reason);
    const int is_whole = (made != NULL) == (in_it != NULL);
    km_certificate_free(made);
    const int judged = judge(result, in_it);
    return is_whole ? judged : WRONG;
}

static int from_components(void) {
    int result = 1;
    for (size_t count = 2; count <= KM_COMPONENTS && result == 1; count += count == 2 ? 1 : 5) {
        km_rsa *made = NULL;
        const km_result returned = km_rsa_from_components(integers, count, MAXIMUM_BITS, &made, reason);
        result = judge(returned, made);
    }
    return result;
}

static int generate(void) {
    km_rsa *made = NULL;
    const km_result result = km_rsa_generate(512, &made, reason);
    const int is_right = (result == KM_OK) == (made != NULL) && (made == NULL || km_rsa_bits(made) == 512);
    km_rsa_free(made);
    return is_right ? result == KM_OK : -1;
}

static int copy_public(void) {
    km_rsa *made = NULL;
    const km_result result = km_rsa_copy_public(pair, &made);
    const int is_right = (result == KM_OK) == (made != NULL) && (made == NULL || km_rsa_bits(made) == 2048);
    km_rsa_free(made);
    return is_right ? result == KM_OK : -1;
}

static int same_public(void) { return km_rsa_same_public(pair, public_key); }

static int check_consistency(void) {
    const km_result result = km_rsa_check_consistency(pair);
    return result == KM_OK ? DONE : result == KM_FAILED ? NOT_DONE : MISREPORTED;
}

/* Whether the result and the buffer of a function agree, and the buffer has the least size. */
static int copied(km_result result, km_buffer *made, size_t least) {
    const int judged = result == KM_OK ? (made->bytes != NULL && made->size >= least ? DONE : WRONG)
                                       : (made->bytes == NULL && made->size == 0 ? NOT_DONE : WRONG);
    km_secret_free(made->bytes, made->size);
    return judged;
}

static int copy_components(void) {
    km_buffer n, e;
    const int first = copied(km_rsa_copy_component(pair, KM_N, &n), &n, 256);
    return first == DONE ? copied(km_rsa_copy_component(pair, KM_E, &e), &e, 3) : first;
}

static int export_spki(void) {
    km_buffer der, pem;
    const int first = copied(km_rsa_export_spki(pair, KM_DER, &der), &der, 290);
    return first == DONE ? copied(km_rsa_export_spki(pair, KM_PEM, &pem), &pem, 400) : first;
}

static int export_pkcs8(void) {
    km_buffer der, pem;
    const int first = copied(km_rsa_export_pkcs8(pair, KM_DER, &der), &der, 1190);
    return first == DONE ? copied(km_rsa_export_pkcs8(pair, KM_PEM, &pem), &pem, 1600) : first;
}

static int export_encrypted(void) {
    km_buffer der, pem;
    const int first = copied(km_rsa_export_encrypted_pkcs8(pair, key, 8, 2, KM_DER, &der), &der, 1190);
    return first == DONE ? copied(km_rsa_export_encrypted_pkcs8(pair, key, 8, 2, KM_PEM, &pem), &pem, 1600) : first;
}

static int oaep_encrypt(void) {
    uint8_t out[256], back[256];
    size_t size = 0;
    if (km_rsa_oaep_encrypt(public_key, message, sizeof message, out) != KM_OK) return 0;
    return km_rsa_oaep_decrypt(pair, KM_SHA256, out, sizeof out, back, &size) == KM_OK
        ? (size == sizeof message && memcmp(back, message, size) == 0 ? 1 : -1) : 0;
}

static int oaep_decrypt(void) {
    uint8_t out[256];
    size_t size = 0;
    if (km_rsa_oaep_decrypt(pair, KM_SHA256, ciphertext, sizeof ciphertext, out, &size) != KM_OK) return 0;
    return size == sizeof key && memcmp(out, key, size) == 0 ? 1 : -1;
}

/* Random bytes in place of the key are right here: nothing may tell a failure from another one's message. */
static int oaep_unwrap(void) {
    uint8_t out[32];
    return km_rsa_oaep_unwrap(pair, KM_SHA256, ciphertext, sizeof ciphertext, sizeof out, out) == KM_OK;
}

static int oaep_unwrap_sha1(void) {
    uint8_t out[32];
    return km_rsa_oaep_unwrap(pair, KM_SHA1, ciphertext_sha1, sizeof ciphertext_sha1, sizeof out, out) == KM_OK;
}

static int oaep_unpad(void) {
    static uint8_t block[256]; /* not a padded block, so the key is random */
    uint8_t out[32];
    return km_oaep_unpad(KM_SHA256, block, sizeof block, sizeof out, out) == KM_OK;
}

static int select_key(void) {
    uint8_t out[32];
    if (km_select_key(key, sizeof key, true, sizeof out, out) != KM_OK) return 0;
    return memcmp(out, key, sizeof out) == 0 ? 1 : -1;
}

static int oaep_challenge(void) {
    uint8_t out[256];
    return km_rsa_oaep_challenge(public_key, KM_SHA1, key, sizeof key, out) == KM_OK;
}

/* A block with a wrong label does not decrypt. */
static int oaep_faulty(void) {
    uint8_t out[256], plain[256];
    size_t size = 0;
    if (km_rsa_oaep_faulty(public_key, KM_SHA256, KM_OAEP_WRONG_LABEL, key, sizeof key, out) != KM_OK) return 0;
    return km_rsa_oaep_decrypt(pair, KM_SHA256, out, sizeof out, plain, &size) == KM_OK ? -1 : 1;
}

static int diagnose(void) {
    uint8_t out[256];
    size_t size = 0;
    if (km_rsa_diagnose(pair, KM_OAEP_SHA1, ciphertext_sha1, sizeof ciphertext_sha1, out, &size) != KM_OK) return 0;
    return size == sizeof key && memcmp(out, key, size) == 0 ? 1 : -1;
}

static int diagnose_mac(void) {
    static const uint8_t expected[4] = {0xde, 0x7c, 0x9b, 0x85}; /* HMAC-SHA-1 under the key `key` */
    uint8_t mac[KM_MAC_MAXIMUM_SIZE];
    size_t size = 0;
    const uint8_t *text = (const uint8_t *)"The quick brown fox jumps over the lazy dog";
    if (km_hmac_diagnose(KM_MAC_SHA1, (const uint8_t *)"key", 3, text, 43, mac, &size) != KM_OK) return 0;
    return size == 20 && memcmp(mac, expected, sizeof expected) == 0 ? 1 : -1;
}

static int certificate_fields(void) {
    int64_t from = 0, to = 0;
    km_buffer subject, serial;
    if (km_certificate_validity(certificate, &from, &to) != KM_OK) return 0;
    if (from != 1500000000 || to != 2500000000) return -1;
    const int first = copied(km_certificate_copy_subject(certificate, &subject), &subject, 6);
    return first == DONE ? copied(km_certificate_copy_serial(certificate, &serial), &serial, 16) : first;
}

static int certificate_names(void) {
    km_buffer out;
    const int first = copied(km_certificate_copy_name(certificate, KM_SUBJECT, &out), &out, 4);
    return first == DONE ? copied(km_certificate_copy_name(certificate, KM_SERIAL_NUMBER, &out), &out, 4) : first;
}

static int certificate_assemble(void) {
    const km_bytes content = {message, sizeof message}, signature = {key, sizeof key};
    km_buffer out;
    return copied(km_certificate_assemble(content, signature, &out), &out, 40);
}

static int certificate_export(void) {
    km_buffer der, pem;
    const int first = copied(km_certificate_export(certificate, KM_DER, &der), &der, 700);
    return first == DONE ? copied(km_certificate_export(certificate, KM_PEM, &pem), &pem, 900) : first;
}

typedef struct operation {
    const char *name;
    int (*run)(void);
    unsigned long step; /* of every so many allocations one fails, where there are very many */
} operation;

static const operation operations[] = {
    {"km_sha256", sha256, 1}, {"km_hmac_create", hmac_once, 1}, {"km_hmac_compute", hmac_prepared, 1},
    {"km_aes_gcm", aes, 1}, {"km_random", random_bytes, 1},
    {"km_random_iv", random_iv, 1}, {"km_secret_allocate", secret_memory, 1},
    {"km_rsa_from_components", from_components, 1}, {"km_rsa_generate", generate, 7},
    {"km_rsa_copy_public", copy_public, 1}, {"km_rsa_same_public", same_public, 1},
    {"km_rsa_check_consistency", check_consistency, 1}, {"km_rsa_copy_component", copy_components, 1},
    {"km_rsa_export_spki", export_spki, 1}, {"km_rsa_export_pkcs8", export_pkcs8, 1},
    {"km_rsa_export_encrypted_pkcs8", export_encrypted, 1}, {"km_rsa_oaep_encrypt", oaep_encrypt, 1},
    {"km_rsa_oaep_decrypt", oaep_decrypt, 1}, {"km_rsa_oaep_unwrap", oaep_unwrap, 1},
    {"km_rsa_oaep_unwrap with SHA-1", oaep_unwrap_sha1, 1}, {"km_rsa_diagnose", diagnose, 1},
    {"km_hmac_diagnose", diagnose_mac, 1}, {"km_certificate fields", certificate_fields, 1},
    {"km_certificate_export", certificate_export, 1}, {"km_certificate_copy_name", certificate_names, 1},
    {"km_certificate_assemble", certificate_assemble, 1}, {"km_oaep_unpad", oaep_unpad, 1},
    {"km_select_key", select_key, 1}, {"km_rsa_oaep_challenge", oaep_challenge, 1},
    {"km_rsa_oaep_faulty", oaep_faulty, 1},
    /* Not km_certificate_self_sign: where memory is short in it, OpenSSL 3.0's X509_sign frees a part of the certificate that
     * has no allocation of its own. */
};

static unsigned long injected = 0, misreported = 0;

/* One run with the allocation `number` failing. 1 when one did. */
static int run_once(const operation *what, const char *file, unsigned long number, way how, int *result) {
    const long before = outstanding;
    failed = 0;
    way_to_fail = how;
    until_failure = number;
    *result = what->run();
    until_failure = 0;
    const int did_fail = failed;
    if (did_fail) injected++;
    if (did_fail && *result == MISREPORTED) misreported++;
    if (*result == WRONG) defect("%s %s: wrong after failure %lu%s", what->name, file, number, names_of_ways[how]);
    const size_t depth = km_error_queue_drain();
    if (depth != 0) defect("%s %s: %zu entries in the error queue after failure %lu%s", what->name, file, depth, number,
                           names_of_ways[how]);
    return did_fail ? 1 + (outstanding > before) : 0;
}

/* After a failure OpenSSL's blinding of a pair may be off, until it makes a new one after 32 uses. */
static int works(const operation *what) {
    for (int i = 0; i < 40; i++) {
        if (what->run() == DONE) return 1;
    }
    return 0;
}

static void starve_operation(const operation *what, const char *file, unsigned long step) {
    int result = 0;
    /* OpenSSL 3.5.7, 3.6.3 and 4.0.2 do not free the primes that they have found when memory runs out while they generate a
     * key. */
    if (OPENSSL_VERSION_PREREQ(3, 5) && what->run == generate) return;
    /* What OpenSSL makes once and keeps is made now. */
    for (int i = 0; i < 3; i++) {
        if (!works(what)) defect("%s %s: does not work", what->name, file);
    }
    for (way how = ONE; how < WAYS; how++) {
        for (unsigned long number = 1;; number += step * what->step) {
            const int first = run_once(what, file, number, how, &result);
            if (first == 0) break;
            /* What stays may be kept on purpose, once; a leak comes again. */
            if (first == 2 && run_once(what, file, number, how, &result) == 2
                && run_once(what, file, number, how, &result) == 2) {
                defect("%s %s: leaks after failure %lu%s", what->name, file, number, names_of_ways[how]);
            }
        }
        if (!works(what)) defect("%s %s: does not work again", what->name, file);
    }
}

/* The first use of an algorithm, in a process of its own: a fetch that failed must not be remembered. */
static void starve_first_use(const operation *what) {
    for (way how = ONE; how < WAYS; how++) {
        for (unsigned long number = 1; number < 400; number++) {
            fflush(stdout);
            fflush(stderr);
            const pid_t child = fork();
            if (child < 0) {
                defect("no process");
                return;
            }
            if (child == 0) {
                way_to_fail = how;
                until_failure = number;
                const int first = what->run();
                until_failure = 0;
                if (first < 0) _exit(3);
                if (what->run() != 1) _exit(2);
                _exit(failed ? 0 : 1);
            }
            int status = 0;
            if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
                defect("first %s: crash after failure %lu", what->name, number);
            } else if (WEXITSTATUS(status) > 1) {
                defect("first %s: failure %lu%s %s", what->name, number, names_of_ways[how],
                       WEXITSTATUS(status) == 2 ? "is remembered" : "gives a wrong result");
            } else if (WEXITSTATUS(status) == 1) {
                break;
            } else {
                injected++;
            }
        }
    }
}

static size_t read_integers(const good_file *pkcs1) {
    size_t at = 7, count = 0;
    for (; count < KM_COMPONENTS && at + 4 < pkcs1->size; count++) {
        size_t length = pkcs1->bytes[at + 1];
        at += 2;
        if (length >= 0x80) {
            size_t digits = length & 0x7f;
            for (length = 0; digits > 0; digits--) length = length << 8 | pkcs1->bytes[at++];
        }
        integers[count] = (km_bytes){pkcs1->bytes + at, length};
        at += length;
    }
    return count;
}

void starve_first_uses(void) {
    /* OpenSSL's own provider and its store are loaded; the shim has not fetched. */
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-512", NULL);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-192-CBC", NULL);
    EVP_MD_free(md);
    EVP_CIPHER_free(cipher);
    starve_first_use(&operations[0]);
    starve_first_use(&operations[1]);
    starve_first_use(&operations[3]);
    printf("first uses: %lu failures injected\n", injected);
    injected = 0;
}

/* Encrypts `key` with OAEP and SHA-1, OpenSSL's default, which the shim cannot. */
static bool encrypt_sha1(void) {
    km_buffer der;
    if (km_rsa_export_spki(public_key, KM_DER, &der) != KM_OK) return false;
    const uint8_t *at = der.bytes;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)der.size);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    size_t size = sizeof ciphertext_sha1;
    const bool done = EVP_PKEY_encrypt_init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_encrypt(context, ciphertext_sha1, &size, key, sizeof key) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    km_secret_free(der.bytes, der.size);
    return done;
}

void starve(unsigned long step) {
    const good_file *der = find_good_file("pkcs8.der"), *x509 = find_good_file("certificate.der");
    if (km_rsa_parse_private(der->bytes, der->size, NULL, 0, &test_limits, &pair, reason) != KM_OK
        || km_certificate_parse(x509->bytes, x509->size, MAXIMUM_BITS, &certificate, &public_key, reason) != KM_OK
        || km_hmac_create(key, sizeof key, &hmac) != KM_OK
        || km_rsa_oaep_encrypt(public_key, key, sizeof key, ciphertext) != KM_OK || !encrypt_sha1()
        || read_integers(find_good_file("pkcs1.der")) != KM_COMPONENTS) {
        defect("the operations cannot be prepared");
        return;
    }
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) starve_operation(&operations[i], "", step);
    static const operation parsers[] = {
        {"km_rsa_parse_private", parse_private, 1},
        {"km_rsa_parse_public", parse_public, 1},
        {"km_certificate_parse", parse_certificate, 1},
    };
    for (size_t i = 0; i < good_file_count; i++) {
        subject_file = &good_files[i];
        if (subject_file->is_private) {
            starve_operation(&parsers[0], subject_file->name, step);
        } else {
            starve_operation(&parsers[1], subject_file->name, step);
            if (strstr(subject_file->name, "certificate") != NULL || strstr(subject_file->name, "trusted") != NULL) {
                starve_operation(&parsers[2], subject_file->name, step);
            }
        }
    }
    printf("starve: %lu failures injected, %lu of them told as another fault\n", injected, misreported);
    km_hmac_free(hmac);
    km_certificate_free(certificate);
    km_rsa_free(public_key);
    km_rsa_free(pair);
}
