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
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is needed."
#endif

#include "CKMOpenSSL.h"

/* algorithms.c: fetched once, kept for the life of the process. NULL when the provider lacks them. */
const EVP_MD *km_md(km_hash hash);
const EVP_CIPHER *km_cipher(size_t key_size);

/* errors.c */
void km_clear(void);
void km_clear_with_reason(char *reason);

/* memory.c: an OpenSSL allocation (OPENSSL_malloc) as a result of the shim. */
uint8_t *km_adopt_bio(BIO *bio, size_t *size);

/* keys.c: takes ownership of pkey in every case; NULL when it is not an RSA key or memory is short. */
km_rsa *km_rsa_adopt(EVP_PKEY *pkey, int is_private);
/* 1 when it begins as a SEQUENCE in DER or BER does, and not merely with the digit 0 as a text before PEM may: the length
 * behind the tag takes more bytes, none of which is ASCII, or is that of the rest. */
int km_is_der(const uint8_t *bytes, size_t size);
/* 1 for rsaEncryption; RSA-PSS keys must not encrypt. */
int km_pkey_is_rsa(const EVP_PKEY *pkey);

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
