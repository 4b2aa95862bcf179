/* The C shim: the package's only door to OpenSSL. Small functions over opaque handles, without policy.
 *
 * - A function that returns int returns 1 when it did its work and 0 when it did not, unless it says otherwise.
 * - A function that returns a pointer returns NULL when it failed.
 * - Every function leaves OpenSSL's error queue empty. Where a failure says nothing about secrets, the function takes a
 *   `reason` of KM_REASON_CAPACITY bytes and writes OpenSSL's reason strings there, NUL-terminated, possibly empty.
 * - Handles may be used from several threads at once; only the function that frees one needs it to itself.
 * - Sizes are in bytes. A pointer may be NULL where its size is 0.
 */
#ifndef CKMOPENSSL_H
#define CKMOPENSSL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define KM_NULLABLE _Nullable
#define KM_NONNULL _Nonnull
#else
#define KM_NULLABLE
#define KM_NONNULL
#endif

#define KM_REASON_CAPACITY 256
#define KM_SHA256_SIZE 32
#define KM_GCM_IV_SIZE 12
#define KM_GCM_TAG_SIZE 16
#define KM_RSA_MAXIMUM_BITS 8192
/* The largest key or certificate, and the longest passphrase, that the parsers look at, in bytes. */
#define KM_INPUT_MAXIMUM 65536
#define KM_PASSPHRASE_MAXIMUM 1024

/* memory.c */

/* Zeroed memory of `size` bytes (at least 1 is allocated); freed by km_secret_free, which needs the same size. */
void *KM_NULLABLE km_secret_allocate(size_t size);
/* Cleanses and frees what km_secret_allocate or a function that says so returned. */
void km_secret_free(void *KM_NULLABLE memory, size_t size);
void km_cleanse(void *KM_NULLABLE memory, size_t size);
/* 1 when the `size` bytes are equal; the time taken does not depend on what they are. */
int km_equal(const void *KM_NULLABLE left, const void *KM_NULLABLE right, size_t size);

/* random.c */

/* Bytes for keys, from OpenSSL's private generator. */
int km_random(uint8_t *KM_NULLABLE out, size_t size);

/* errors.c */

/* How many entries the calling thread's error queue holds: 0 after every function of this header. */
size_t km_error_queue_depth(void);
/* OpenSSL's version text, e.g. "OpenSSL 3.0.19 27 Jan 2026". Static storage. */
const char *km_openssl_version(void);

/* digest.c */

int km_sha256(const uint8_t *KM_NULLABLE message, size_t size, uint8_t *digest);

/* mac.c */

/* HMAC-SHA-256 (RFC 2104) with the key's work done once. */
typedef struct km_hmac km_hmac;
km_hmac *KM_NULLABLE km_hmac_create(const uint8_t *KM_NULLABLE key, size_t key_size);
void km_hmac_free(km_hmac *hmac);
/* Writes KM_SHA256_SIZE bytes. */
int km_hmac_compute(const km_hmac *hmac, const uint8_t *KM_NULLABLE message, size_t size, uint8_t *mac);

/* aead.c: AES-GCM (NIST SP 800-38D), keys of 16 or 32 bytes, 96-bit IVs, 128-bit tags. */

/* A cipher that holds its key, for several messages one after the other. Unlike the other handles it serves one thread
 * at a time. */
typedef struct km_aes_gcm km_aes_gcm;
/* `sealing` is 1 to encrypt, 0 to decrypt; a handle does one of them. */
km_aes_gcm *KM_NULLABLE km_aes_gcm_create(const uint8_t *key, size_t key_size, int sealing);
void km_aes_gcm_free(km_aes_gcm *cipher);
/* Writes `size` bytes to `out` and KM_GCM_TAG_SIZE bytes to `tag`. `out` does not overlap `in`. */
int km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                    const uint8_t *KM_NULLABLE in, size_t size, uint8_t *KM_NULLABLE out, uint8_t *tag);
/* Writes `size` bytes to `out`; when the tag does not match, or on any fault, `out` is cleansed and 0 returned. */
int km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                    const uint8_t *KM_NULLABLE in, size_t size, const uint8_t *tag, uint8_t *KM_NULLABLE out);

/* keys.c */

/* An RSA public key, or a pair. */
typedef struct km_rsa km_rsa;

typedef enum km_status {
    KM_DONE = 0,
    KM_MALFORMED,           /* not a key or certificate in a form that is read here */
    KM_PUBLIC_KEY,          /* a public key or certificate, where a private key is due */
    KM_PRIVATE_KEY,         /* a private key, where a public one is due */
    KM_NOT_RSA,             /* a key of another algorithm */
    KM_PASSPHRASE_MISSING,  /* encrypted, and no passphrase was given */
    KM_PASSPHRASE_WRONG,    /* does not decrypt under the passphrase */
    KM_NEEDS_LEGACY,        /* encrypted with an algorithm that only OpenSSL's legacy provider has */
    KM_TOO_COSTLY,          /* asks for more key derivation work than is reasonable */
    KM_TOO_LARGE,           /* an input of more than KM_INPUT_MAXIMUM bytes */
    KM_TOO_LONG,            /* a modulus of more than KM_RSA_MAXIMUM_BITS */
    KM_MORE_PRIMES,         /* an RSA key of more than two primes */
    KM_INVALID_INTEGER,     /* an RSA key with an integer that none has; `reason` then names it and its fault */
    KM_INCONSISTENT,        /* a private key that does not belong to its public key */
    KM_PASSPHRASE_TOO_LONG, /* more than KM_PASSPHRASE_MAXIMUM bytes */
    KM_FAILED               /* OpenSSL could not do it, e.g. for lack of memory */
} km_status;

/* The parsers set *key, the caller's to free by km_rsa_free, when they return KM_DONE, and to NULL otherwise. OpenSSL gets
 * no key material before the algorithm is known to be rsaEncryption and every integer to be of a size that an accepted key
 * has: it decodes other keys by computing with them, which a hostile file can make last for minutes. Key material must be
 * DER, of two primes; what it is wrapped in may be BER.
 *
 * SubjectPublicKeyInfo, PKCS#1 RSAPublicKey or an X.509 certificate, PEM or DER. The validity of a certificate is not
 * looked at. */
km_status km_rsa_parse_public(const uint8_t *KM_NULLABLE bytes, size_t size, km_rsa *KM_NULLABLE *KM_NONNULL key,
                              char *reason);
/* PKCS#8 (plain or encrypted), PKCS#1 (plain or, in PEM, encrypted) or PKCS#12. `passphrase` may be NULL, for none. All
 * key derivation of a file together is bounded. */
km_status km_rsa_parse_private(const uint8_t *KM_NULLABLE bytes, size_t size, const uint8_t *KM_NULLABLE passphrase,
                               size_t passphrase_size, km_rsa *KM_NULLABLE *KM_NONNULL key, char *reason);
/* A new pair with public exponent 65537. */
km_rsa *KM_NULLABLE km_rsa_generate(int bits, char *reason);
void km_rsa_free(km_rsa *key);
/* The public half of a pair, as a handle of its own. */
km_rsa *KM_NULLABLE km_rsa_copy_public(const km_rsa *key);

int km_rsa_bits(const km_rsa *key);
/* The modulus' size: of one OAEP ciphertext. */
size_t km_rsa_size(const km_rsa *key);
/* KM_DONE when the private integers fit the public ones and each other, and the private key decrypts what the public key
 * encrypts; KM_INCONSISTENT when not; KM_FAILED when OpenSSL could not find out. */
km_status km_rsa_check_consistency(const km_rsa *pair);
/* 1 when both have the same modulus and public exponent. */
int km_rsa_same_public(const km_rsa *left, const km_rsa *right);

/* components.c */

/* Big-endian integers in the order of RFC 7517: n, e, d, p, q, dp, dq, qi. */
#define KM_RSA_PUBLIC_COMPONENTS 2
#define KM_RSA_COMPONENTS 8
typedef struct km_integer {
    const uint8_t *KM_NULLABLE bytes;
    size_t size;
} km_integer;
/* `count` is 2 (public), 3 (a pair without its primes) or 8. KM_DONE, KM_TOO_LONG, KM_INVALID_INTEGER or KM_FAILED, or
 * KM_MALFORMED for another count. The modulus must be odd, the public exponent odd and from 3 to 2^64-1, and no secret
 * integer longer than the modulus. */
km_status km_rsa_from_components(const km_integer *components, size_t count, km_rsa *KM_NULLABLE *KM_NONNULL key,
                                 char *reason);
/* Component `index` of 0 (n) or 1 (e), big-endian without leading zeros; freed by km_secret_free. */
uint8_t *KM_NULLABLE km_rsa_copy_component(const km_rsa *key, size_t index, size_t *size);

/* export.c: what is returned is freed by km_secret_free. */

uint8_t *KM_NULLABLE km_rsa_export_spki(const km_rsa *key, int pem, size_t *size);
uint8_t *KM_NULLABLE km_rsa_export_pkcs8(const km_rsa *pair, int pem, size_t *size);
/* PBES2: PBKDF2 with HMAC-SHA-256 and `iterations`, AES-256-CBC. */
uint8_t *KM_NULLABLE km_rsa_export_encrypted_pkcs8(const km_rsa *pair, const uint8_t *passphrase,
                                                   size_t passphrase_size, int iterations, int pem, size_t *size);

/* oaep.c: RSAES-OAEP (RFC 8017 section 7.1) with an empty label; the same hash for OAEP and MGF1. */

typedef enum km_hash { KM_SHA256 = 0, KM_SHA1 = 1 } km_hash;

/* Writes km_rsa_size(key) bytes to `out`. SHA-256. */
int km_rsa_oaep_encrypt(const km_rsa *key, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out);
/* `out` has room for km_rsa_size(pair) bytes; *out_size is set. One failure for all causes; `out` is then cleansed. */
int km_rsa_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out,
                        size_t *out_size);
/* Decrypts a key of exactly `key_size` bytes (at most 64). When `in` does not decrypt, or to another length, `key`
 * receives random bytes in its place, by the same instructions, so that the difference shows nowhere before the
 * message's own tag fails (RFC 7516 section 11.5). 0 only when no random bytes or no memory were to be had. */
int km_rsa_oaep_unwrap(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *key,
                       size_t key_size);

/* x509.c */

typedef struct km_certificate km_certificate;

/* The first certificate in a PEM text, or one in DER. KM_DONE, or why not: of the key in it, too. *certificate is the
 * caller's to free. */
km_status km_certificate_parse(const uint8_t *KM_NULLABLE bytes, size_t size,
                               km_certificate *KM_NULLABLE *KM_NONNULL certificate, char *reason);
void km_certificate_free(km_certificate *certificate);
/* Seconds since 1970, both ends inclusive. */
int km_certificate_validity(const km_certificate *certificate, int64_t *not_before, int64_t *not_after);
/* RFC 4514 text in UTF-8, freed by km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_copy_subject(const km_certificate *certificate, size_t *size);
/* Big-endian, freed by km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_copy_serial(const km_certificate *certificate, size_t *size);
/* Freed by km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_export(const km_certificate *certificate, int pem, size_t *size);
/* KM_DONE or KM_FAILED. */
km_status km_certificate_copy_public_key(const km_certificate *certificate, km_rsa *KM_NULLABLE *KM_NONNULL key,
                                         char *reason);
/* X.509 v3, sha256WithRSAEncryption, subject and issuer CN=`common_name` (UTF-8), a random serial of 16 bytes,
 * basicConstraints CA:FALSE, keyUsage keyEncipherment, subjectKeyIdentifier. */
km_certificate *KM_NULLABLE km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before,
                                                     int64_t not_after, char *reason);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
