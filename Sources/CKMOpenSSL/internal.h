/* What the shim's own files share. */
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
#error "OpenSSL 3.0 or later is needed."
#endif

#include "CKMOpenSSL.h"

/* algorithms.c: fetched once, kept for the life of the process. NULL, with the reason in the error queue, when the provider
 * lacks them or memory is short. */
const EVP_MD *km_md(km_hash hash);
const EVP_CIPHER *km_cipher(size_t key_size);

/* errors.c */
void km_clear(void);
/* Empties the error queue and appends its reason strings to `reason`. 1 when memory was short. */
int km_clear_with_reason(char *reason);
/* Does the same; KM_FAILED when memory was short, or else `otherwise`. */
km_status km_failure(km_status otherwise, char *reason);

/* memory.c: an OpenSSL allocation (OPENSSL_malloc) as a result of the shim. */
uint8_t *km_adopt_bio(BIO *bio, size_t *size);

/* der.c: the integers of a key as views of `der`, without a look at their sizes. KM_MALFORMED for another structure. */
km_status km_read_pkcs1_public(const uint8_t *der, size_t size, km_integer *integers, char *reason);
km_status km_read_pkcs1_private(const uint8_t *der, size_t size, km_integer *integers, char *reason);
km_status km_read_spki(const uint8_t *der, size_t size, km_integer *integers, char *reason);
/* Looks for the key alone. *used is the certificate's size. */
km_status km_read_certificate(const uint8_t *der, size_t size, size_t *used, km_integer *integers, char *reason);
/* Writes the integer's name and its fault to `reason`. */
km_status km_invalid_integer(size_t index, const char *fault, char *reason);

/* derivation.c: take what would be done `passes` times off the rounds that are left; 0 when there are not so many. */
int km_afford(int64_t *left, int64_t rounds, int64_t passes);
int km_afford_algorithm(int64_t *left, const X509_ALGOR *algorithm);
int km_afford_mac(int64_t *left, const PKCS12 *file, int64_t passes);

/* A private key file at work. */
typedef struct km_load {
    const char *passphrase; /* NULL when none was given */
    int passphrase_size;
    int64_t rounds; /* how much key derivation is left to this file */
    km_rsa *key;    /* set with KM_DONE */
    char *reason;
} km_load;

/* private.c */
km_status km_load_info(km_load *load, const PKCS8_PRIV_KEY_INFO *info);
km_status km_load_encrypted(km_load *load, const X509_SIG *encrypted);
/* Why a decryption failed: an algorithm that this OpenSSL has not loaded, no memory, or else the passphrase. */
km_status km_decryption_failure(void);
int km_is_private_der(const uint8_t *der, size_t size);

/* pkcs12.c */
km_status km_load_pkcs12(km_load *load, const uint8_t *der, size_t size);

/* x509.c: reads `der` with OpenSSL once it is known that the key in it is RSA of a size that is accepted, and sets *key to
 * it. `trailing` is 1 where bytes may follow, as in OpenSSL's trusted certificates. */
km_status km_x509_parse(const uint8_t *der, size_t size, int trailing, X509 **x509, km_rsa **key, char *reason);
/* 1 for the labels of certificates in PEM. */
int km_is_certificate_label(const char *name);

#define KM_PEM_FLAGS (PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)

/* keys.c: takes ownership of pkey in every case; NULL when it is not an RSA key or memory is short. */
km_rsa *km_rsa_adopt(EVP_PKEY *pkey, int is_private);
/* 1 when it begins as a SEQUENCE in DER or BER does, and not merely with the digit 0 as a text before PEM may: the length
 * behind the tag takes more bytes, none of which is ASCII, or is that of the rest. */
int km_is_der(const uint8_t *bytes, size_t size);

/* oaep.c: as the functions of the header, but the errors stay in the queue. */
int km_oaep_encrypt(const km_rsa *key, const uint8_t *in, size_t size, uint8_t *out);
int km_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size);

struct km_rsa {
    EVP_PKEY *pkey;
    /* Prepared once and only ever duplicated, which is cheap (a few reference counts) and safe from several threads;
     * a context itself may serve one thread at a time. */
    EVP_PKEY_CTX *encrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha256;
    EVP_PKEY_CTX *decrypt_sha1;
    int is_private;
    int bits;
    size_t size;
};

#endif
