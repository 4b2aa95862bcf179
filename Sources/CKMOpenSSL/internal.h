/* Declarations that only the files of the shim share. Functions that may leave entries in the error queue say so; their
 * callers in this shim clear it. */
#ifndef CKMOPENSSL_INTERNAL_H
#define CKMOPENSSL_INTERNAL_H

#if defined(__has_include)
#if !__has_include(<openssl/evp.h>)
#error "OpenSSL's headers are missing. Install them: apt-get install libssl-dev (Debian, Ubuntu), dnf install openssl-devel (Fedora), brew install openssl@3 (macOS)."
#endif
#endif

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is required."
#endif

#include <stdatomic.h>

#include "CKMOpenSSL.h"

/* OpenSSL does not compute with longer keys, and buffers on the stack have this size. */
#define KM_RSA_MAXIMUM_SIZE (OPENSSL_RSA_MAX_MODULUS_BITS / 8)

/* threads.c: a slot keeps a context of OpenSSL, which only one thread at a time can use, for the next call. Each thread
 * looks only into the slot of its own number, so threads rarely meet, and never wait. The slots of an array are in
 * different cache lines. */
#define KM_MAXIMUM_SLOTS 64
typedef struct km_slot {
    _Atomic(void *) idle;
    char distance[64 - sizeof(void *)];
} km_slot;
/* Takes what the calling thread's slot holds; NULL if it is empty. */
void *km_slot_take(km_slot *slots, size_t count);
/* Puts `idle` into the calling thread's slot. Returns what was there, which the caller must free, or NULL. */
void *km_slot_put(km_slot *slots, size_t count, void *idle);
/* Returns a digest state that belongs to the calling thread; NULL on failure. May leave entries in the error queue. */
EVP_MD_CTX *km_thread_digest(void);

struct km_rsa {
    EVP_PKEY *pkey;
    /* The contexts are prepared once and afterwards only duplicated. To duplicate one is safe from several threads. A
     * context itself must be used by only one thread at a time: the duplicates wait in slots for their next use. */
    EVP_PKEY_CTX *encrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha1;
    bool is_private;
    size_t bits, size;
    /* km_slot_count() slots for encryption, and as many for decryption. */
    km_slot *slots;
};

struct km_certificate {
    X509 *x509;
};

/* The state of reading one file. */
typedef struct km_load {
    size_t maximum_bits;
    int64_t rounds;         /* the rounds of key derivation that this file may still use */
    int64_t unasked_rounds; /* as in km_limits */
    const char *passphrase; /* NULL if none was given */
    int passphrase_size;
    char *reason;
    km_rsa *key; /* set when the result is KM_OK */
    X509 *x509;  /* set when the result is KM_OK and a certificate was read */
} km_load;

/* algorithms.c: algorithms that are fetched once and kept until the process ends. NULL, with the reason in the error
 * queue, when the provider does not have the algorithm or memory runs out. */
const EVP_MD *km_md(km_hash hash);
const EVP_CIPHER *km_cipher(size_t key_size);

/* errors.c */
void km_clear(void);
/* Empties the error queue and appends its reason strings to `reason`. Returns true if memory had run out. */
bool km_clear_with_reason(char *reason);
/* Does the same as km_clear_with_reason. Returns KM_FAILED if memory had run out, and `otherwise` if not. */
km_result km_failure(km_result otherwise, char *reason);
/* Returns why a decryption failed: KM_UNSUPPORTED_ENCRYPTION, KM_FAILED if memory ran out, and otherwise
 * KM_PASSPHRASE_WRONG. Empties the error queue. */
km_result km_decryption_failure(void);

/* memory.c: copy into memory that the caller must free with km_secret_free. On failure, *out is {NULL, 0}. */
km_result km_copy_bytes(const uint8_t *bytes, size_t size, km_buffer *out);
km_result km_copy_bio(BIO *bio, km_buffer *out);
km_result km_copy_number(const BIGNUM *number, km_buffer *out);

/* keys.c: takes ownership of `pkey` in every case. NULL when it is not an RSA key or memory runs out. May leave entries
 * in the error queue. */
km_rsa *km_rsa_adopt(EVP_PKEY *pkey, bool is_private);

/* components.c: OpenSSL's name of a component. */
const char *km_parameter_name(km_component component);
/* Creates a key from its integers, like km_rsa_from_components, and sets load->key. */
km_result km_load_components(km_load *load, const km_bytes *integers, size_t count);

/* der.c: find the integers of a key in `der`, without copying them and without checking their sizes. KM_MALFORMED when
 * the structure is not the expected one. */
km_result km_read_pkcs1_public(const uint8_t *der, size_t size, km_bytes *integers, char *reason);
km_result km_read_pkcs1_private(const uint8_t *der, size_t size, km_bytes *integers, char *reason);
km_result km_read_spki(const uint8_t *der, size_t size, km_bytes *integers, char *reason);
/* Checks only what is needed to find the key. Sets *used to the size of the certificate. */
km_result km_read_certificate(const uint8_t *der, size_t size, size_t *used, km_bytes *integers, char *reason);
/* Writes the integer's name and its fault to `reason`, and returns KM_INVALID_INTEGER. */
km_result km_invalid_integer(size_t index, const char *fault, char *reason);

/* derivation.c: subtract the cost of a key derivation, run `passes` times, from the rounds that are left. Return false
 * when fewer are left. May leave entries in the error queue. */
bool km_afford(int64_t *left, int64_t rounds, int64_t passes);
bool km_afford_algorithm(int64_t *left, const X509_ALGOR *algorithm);
bool km_afford_mac(int64_t *left, const PKCS12 *file, int64_t passes);

/* pem.c */
typedef struct km_block {
    const char *name; /* the label of the PEM block, without BEGIN */
    char *header;
    uint8_t *data;
    long size;
} km_block;
/* Reads one block. Returns true when the block settles the result of the file. In either case, it may set *result: the
 * last value counts if no block settles it. */
typedef bool (*km_block_function)(km_load *load, km_block *block, km_result *result);
/* Calls `read` for each block in a PEM text until one settles the result. KM_MALFORMED if there are no blocks. May leave
 * entries in the error queue. */
km_result km_load_pem(km_load *load, const uint8_t *text, size_t size, km_block_function read);
/* Returns true when `bytes` begin with a SEQUENCE in DER or BER. Text before a PEM block can begin with the digit 0,
 * which has the same code as the SEQUENCE tag. The byte after the tag must therefore be above 0x7f (not ASCII), or be
 * exactly the number of the remaining bytes. */
bool km_is_der(const uint8_t *bytes, size_t size);

/* certificate.c */
typedef enum km_form {
    KM_PLAIN_CERTIFICATE,
    KM_TRUSTED_CERTIFICATE /* OpenSSL's own format, with trust settings behind the certificate */
} km_form;
/* Takes ownership of `x509` in every case. NULL when it is NULL or memory runs out. May leave entries in the error
 * queue. */
km_certificate *km_certificate_adopt(X509 *x509);
/* Checks that the key in `der` is an RSA key of an accepted size, sets load->key to that key, and only then reads the
 * certificate with OpenSSL and sets load->x509. */
km_result km_load_certificate(km_load *load, const uint8_t *der, size_t size, km_form form);
/* Returns true when `name` is a PEM label of a certificate, and sets *form. */
bool km_is_certificate_label(const char *name, km_form *form);

/* The functions below read one format each. They set load->key on KM_OK, and may leave entries in the error queue. */

/* public.c */
km_result km_load_public_der(km_load *load, const uint8_t *der, size_t size);
/* private.c: returns true when `der` has the structure of a private key: PKCS#1, or PKCS#8 (plain or encrypted). */
bool km_is_private_der(const uint8_t *der, size_t size);
/* pkcs1.c: DER, and a PEM block that may be encrypted. */
km_result km_load_pkcs1(km_load *load, const uint8_t *der, size_t size);
km_result km_load_pkcs1_block(km_load *load, km_block *block);
/* pkcs8.c: DER, and structures inside of PKCS#12. */
km_result km_load_pkcs8(km_load *load, const uint8_t *der, size_t size);
km_result km_load_encrypted_pkcs8(km_load *load, const uint8_t *der, size_t size);
km_result km_load_key_info(km_load *load, const PKCS8_PRIV_KEY_INFO *info);
km_result km_load_encrypted_key_info(km_load *load, const X509_SIG *encrypted);
/* pkcs12.c */
km_result km_load_pkcs12(km_load *load, const uint8_t *der, size_t size);

/* oaep.c: like km_rsa_oaep_encrypt and km_rsa_oaep_decrypt, but they leave the errors in the queue. */
km_result km_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out);
km_result km_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out,
                          size_t *out_size);
/* Returns all ones when a == b and 0 otherwise, without a branch. */
size_t km_mask_equal(size_t a, size_t b);
/* keys.c: prepares a context for RSAES-OAEP with `md`. NULL on failure. May leave entries in the error queue. */
EVP_PKEY_CTX *km_prepare_oaep(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const EVP_MD *md);

#endif
