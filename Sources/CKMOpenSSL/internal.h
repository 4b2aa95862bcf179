/* Declarations that only the files of the shim share. */
#ifndef CKMOPENSSL_INTERNAL_H
#define CKMOPENSSL_INTERNAL_H

#if defined(__has_include)
#if !__has_include(<openssl/evp.h>)
#error "OpenSSL's headers are missing. Install them: apt-get install libssl-dev (Debian, Ubuntu), dnf install openssl-devel (Fedora), brew install openssl@3 (macOS)."
#endif
#endif

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is required."
#endif

#include "CKMOpenSSL.h"

/* algorithms.c: algorithms that are fetched once and kept until the process ends. NULL, with the reason in the error
 * queue, when the provider does not have the algorithm or memory runs out. */
const EVP_MD *km_md(km_hash hash);
const EVP_CIPHER *km_cipher(size_t key_size);

/* errors.c */
void km_clear(void);
/* Empties the error queue and appends its reason strings to `reason`. Returns 1 when memory had run out. */
int km_clear_with_reason(char *reason);
/* Does the same as km_clear_with_reason. Returns KM_FAILED when memory had run out, and `otherwise` when not. */
km_status km_failure(km_status otherwise, char *reason);

/* memory.c: copies the contents of a memory BIO into memory that the caller must free with km_secret_free. */
uint8_t *km_adopt_bio(BIO *bio, size_t *size);

/* der.c: find the integers of a key in `der`, without copying them and without checking their sizes. KM_MALFORMED when
 * the structure is not the expected one. */
km_status km_read_pkcs1_public(const uint8_t *der, size_t size, km_integer *integers, char *reason);
km_status km_read_pkcs1_private(const uint8_t *der, size_t size, km_integer *integers, char *reason);
km_status km_read_spki(const uint8_t *der, size_t size, km_integer *integers, char *reason);
/* Checks only what is needed to find the key. Sets *used to the size of the certificate. */
km_status km_read_certificate(const uint8_t *der, size_t size, size_t *used, km_integer *integers, char *reason);
/* Writes the integer's name and its fault to `reason`, and returns KM_INVALID_INTEGER. */
km_status km_invalid_integer(size_t index, const char *fault, char *reason);

/* derivation.c: subtract the cost of a key derivation, run `passes` times, from the rounds that are left. Return 0 when
 * fewer are left. */
int km_afford(int64_t *left, int64_t rounds, int64_t passes);
int km_afford_algorithm(int64_t *left, const X509_ALGOR *algorithm);
int km_afford_mac(int64_t *left, const PKCS12 *file, int64_t passes);

/* The state of loading one private key file. */
typedef struct km_load {
    const char *passphrase; /* NULL when none was given */
    int passphrase_size;
    int64_t rounds; /* the rounds of key derivation that this file may still use */
    km_rsa *key;    /* set when the status is KM_DONE */
    char *reason;
} km_load;

/* private.c */
km_status km_load_info(km_load *load, const PKCS8_PRIV_KEY_INFO *info);
km_status km_load_encrypted(km_load *load, const X509_SIG *encrypted);
/* Returns why a decryption failed: KM_NEEDS_LEGACY for an algorithm that this OpenSSL has not loaded, KM_FAILED when
 * memory ran out, and otherwise KM_PASSPHRASE_WRONG. Empties the error queue. */
km_status km_decryption_failure(void);
/* Returns 1 when `der` has the structure of a private key: PKCS#1, or PKCS#8 (plain or encrypted). */
int km_is_private_der(const uint8_t *der, size_t size);

/* pkcs12.c */
km_status km_load_pkcs12(km_load *load, const uint8_t *der, size_t size);

/* x509.c: checks that the key in `der` is an RSA key of an accepted size, sets *key to that key, and only then reads
 * the certificate with OpenSSL. `trailing` is 1 when bytes may follow, as in OpenSSL's trusted certificates. */
km_status km_x509_parse(const uint8_t *der, size_t size, int trailing, X509 **x509, km_rsa **key, char *reason);
/* Returns 1 when `name` is a PEM label of a certificate. */
int km_is_certificate_label(const char *name);

#define KM_PEM_FLAGS (PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)

/* keys.c: takes ownership of pkey in every case. NULL when it is not an RSA key or memory runs out. */
km_rsa *km_rsa_adopt(EVP_PKEY *pkey, int is_private);
/* Returns 1 when `bytes` begin with a SEQUENCE in DER or BER. Text before a PEM block can begin with the digit 0, which
 * has the same code as the SEQUENCE tag. The byte after the tag must therefore be above 0x7f (not ASCII), or be exactly
 * the number of the remaining bytes. */
int km_is_der(const uint8_t *bytes, size_t size);

/* oaep.c: like km_rsa_oaep_encrypt and km_rsa_oaep_decrypt, but they leave the errors in the queue. */
int km_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out);
int km_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size);

struct km_rsa {
    EVP_PKEY *pkey;
    /* The contexts are prepared once and afterwards only duplicated. To duplicate one is cheap (a few reference counts)
     * and safe from several threads. A context itself must be used by only one thread at a time. */
    EVP_PKEY_CTX *encrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha1;
    int is_private;
    int bits;
    size_t size;
};

#endif
