/* The C shim, the only part of the package that calls OpenSSL. It has small functions over opaque handles and contains
 * no policy.
 *
 * - A function that returns int returns 1 on success and 0 on failure, unless its comment says otherwise.
 * - A function that returns a pointer returns NULL on failure.
 * - Every function leaves OpenSSL's error queue empty. Where the cause of a failure reveals no secret, the function
 *   takes a `reason` buffer of KM_REASON_CAPACITY bytes. It writes OpenSSL's reason strings there, NUL-terminated,
 *   possibly empty.
 * - Several threads can use a handle at the same time. While one thread frees a handle, no other thread may use it.
 * - Sizes are in bytes. A pointer may be NULL when its size is 0.
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
/* The largest key or certificate and the longest passphrase that the parsers accept, in bytes. */
#define KM_INPUT_MAXIMUM 65536
#define KM_PASSPHRASE_MAXIMUM 1024

/* memory.c */

/* Allocates `size` zeroed bytes (at least 1). Free them with km_secret_free, passing the same size. */
void *KM_NULLABLE km_secret_allocate(size_t size);
/* Cleanses (overwrites with zeros) and frees memory from km_secret_allocate, or from a function whose comment names
 * km_secret_free. */
void km_secret_free(void *KM_NULLABLE memory, size_t size);
void km_cleanse(void *KM_NULLABLE memory, size_t size);
/* Returns 1 when the `size` bytes are equal. The time it takes does not depend on their values. */
int km_equal(const void *KM_NULLABLE left, const void *KM_NULLABLE right, size_t size);

/* Writes `size` random bytes from OpenSSL's private generator, fit for keys. */
int km_random(uint8_t *KM_NULLABLE out, size_t size);

/* errors.c */

/* Empties the calling thread's error queue and returns how many entries it had: 0 after every function in this header. */
size_t km_drain_error_queue(void);
/* Returns OpenSSL's version text, such as "OpenSSL 3.0.19 27 Jan 2026", in static storage. */
const char *km_openssl_version(void);

/* mac.c */

/* Writes the SHA-256 digest, KM_SHA256_SIZE bytes, to `digest`. */
int km_sha256(const uint8_t *KM_NULLABLE message, size_t size, uint8_t *digest);

/* HMAC-SHA-256 (RFC 2104) under one key, which is processed only once. */
typedef struct km_hmac km_hmac;
km_hmac *KM_NULLABLE km_hmac_create(const uint8_t *KM_NULLABLE key, size_t key_size);
void km_hmac_free(km_hmac *hmac);
/* Writes the MAC, KM_SHA256_SIZE bytes, to `mac`. */
int km_hmac_compute(const km_hmac *hmac, const uint8_t *KM_NULLABLE message, size_t size, uint8_t *mac);

/* aead.c: AES-GCM (NIST SP 800-38D) with keys of 16 or 32 bytes, 96-bit IVs and 128-bit tags. */

/* A cipher with its key, for several messages one after another. Unlike the other handles, it must be used by only one
 * thread at a time. */
typedef struct km_aes_gcm km_aes_gcm;
/* Creates a cipher that encrypts (`sealing` is 1) or decrypts (`sealing` is 0), but not both. */
km_aes_gcm *KM_NULLABLE km_aes_gcm_create(const uint8_t *key, size_t key_size, int sealing);
void km_aes_gcm_free(km_aes_gcm *cipher);
/* Encrypts. Writes `size` bytes to `out` and KM_GCM_TAG_SIZE bytes to `tag`. `out` must not overlap `in`. */
int km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                    const uint8_t *KM_NULLABLE in, size_t size, uint8_t *KM_NULLABLE out, uint8_t *tag);
/* Decrypts. Writes `size` bytes to `out`. When the tag does not match, or on any other failure, cleanses `out` and
 * returns 0. */
int km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                    const uint8_t *KM_NULLABLE in, size_t size, const uint8_t *tag, uint8_t *KM_NULLABLE out);

/* keys.c */

/* An RSA public key or an RSA key pair. */
typedef struct km_rsa km_rsa;

typedef enum km_status {
    KM_DONE = 0,
    KM_MALFORMED,           /* not a key or certificate in a supported format */
    KM_PUBLIC_KEY,          /* a public key or certificate where a private key is required */
    KM_PRIVATE_KEY,         /* a private key where a public key is required */
    KM_NOT_RSA,             /* a key of an algorithm other than RSA */
    KM_PASSPHRASE_MISSING,  /* the key is encrypted and no passphrase was given */
    KM_PASSPHRASE_WRONG,    /* the key does not decrypt with the passphrase */
    KM_NEEDS_LEGACY,        /* the key is encrypted with an algorithm that only OpenSSL's legacy provider supports */
    KM_TOO_COSTLY,          /* the file requires more key derivation than the limit */
    KM_TOO_LARGE,           /* the input has more than KM_INPUT_MAXIMUM bytes */
    KM_TOO_LONG,            /* the modulus has more than KM_RSA_MAXIMUM_BITS */
    KM_MORE_PRIMES,         /* the RSA key has more than two primes */
    KM_INVALID_INTEGER,     /* an integer of the RSA key is invalid; `reason` names the integer and the fault */
    KM_INCONSISTENT,        /* the private key does not match its public key */
    KM_PASSPHRASE_TOO_LONG, /* the passphrase has more than KM_PASSPHRASE_MAXIMUM bytes */
    KM_FAILED               /* OpenSSL failed, for example because memory ran out */
} km_status;

/* On KM_DONE, the parsers set *key to a handle that the caller must free with km_rsa_free. Otherwise they set it to
 * NULL.
 *
 * The parsers pass key material to OpenSSL only after they have checked that the algorithm is rsaEncryption and that
 * every integer has a size that an accepted key can have. OpenSSL computes with a key while it decodes it, and a
 * hostile file can make this take minutes. The key material must be DER and have two primes. The structures around it
 * may be BER. */

/* Reads a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate, in PEM or DER. The validity of a
 * certificate is not checked. */
km_status km_rsa_parse_public(const uint8_t *KM_NULLABLE bytes, size_t size, km_rsa *KM_NULLABLE *KM_NONNULL key,
                              char *reason);
/* Reads PKCS#8 (plain or encrypted), PKCS#1 (plain, or encrypted in PEM) or PKCS#12. `passphrase` is NULL when there
 * is none. The key derivation of all parts of a file together is limited. */
km_status km_rsa_parse_private(const uint8_t *KM_NULLABLE bytes, size_t size, const uint8_t *KM_NULLABLE passphrase,
                               size_t passphrase_size, km_rsa *KM_NULLABLE *KM_NONNULL key, char *reason);
/* Generates a key pair with public exponent 65537. */
km_rsa *KM_NULLABLE km_rsa_generate(int bits, char *reason);
void km_rsa_free(km_rsa *key);
/* Copies the public key of a key pair into a new handle. */
km_rsa *KM_NULLABLE km_rsa_copy_public(const km_rsa *key);

int km_rsa_bits(const km_rsa *key);
/* Returns the size of the modulus, which is also the size of an OAEP ciphertext. */
size_t km_rsa_size(const km_rsa *key);
/* Returns KM_DONE when the private integers match the public ones and each other, and the private key decrypts what the
 * public key encrypts. Returns KM_INCONSISTENT when not, and KM_FAILED when OpenSSL could not complete the check. */
km_status km_rsa_check_consistency(const km_rsa *pair);
/* Returns 1 when both keys have the same modulus and public exponent. */
int km_rsa_same_public(const km_rsa *left, const km_rsa *right);

/* components.c */

/* Big-endian integers in the order of RFC 7518 section 6.3: n, e, d, p, q, dp, dq, qi. */
#define KM_RSA_PUBLIC_COMPONENTS 2
#define KM_RSA_COMPONENTS 8
typedef struct km_integer {
    const uint8_t *KM_NULLABLE bytes;
    size_t size;
} km_integer;
/* Creates a key from its integers. `count` is 2 (a public key), 3 (a key pair without its primes) or 8 (a key pair).
 *
 * The modulus must be odd. The public exponent must be odd and from 3 to 2^64-1. A private integer must not be longer
 * than the modulus. Returns KM_DONE, KM_TOO_LONG, KM_INVALID_INTEGER, KM_FAILED, or KM_MALFORMED for any other `count`.
 * On KM_DONE, the caller must free *key with km_rsa_free. */
km_status km_rsa_from_components(const km_integer *components, size_t count, km_rsa *KM_NULLABLE *KM_NONNULL key,
                                 char *reason);
/* Copies n (`index` 0) or e (`index` 1), big-endian without leading zeros. Free the result with km_secret_free. */
uint8_t *KM_NULLABLE km_rsa_copy_component(const km_rsa *key, size_t index, size_t *size);

/* export.c: free the results with km_secret_free. `pem` is 1 for PEM and 0 for DER. */

uint8_t *KM_NULLABLE km_rsa_export_spki(const km_rsa *key, int pem, size_t *size);
uint8_t *KM_NULLABLE km_rsa_export_pkcs8(const km_rsa *pair, int pem, size_t *size);
/* Encrypts with PBES2: PBKDF2 with HMAC-SHA-256 and `iterations`, and AES-256-CBC. */
uint8_t *KM_NULLABLE km_rsa_export_encrypted_pkcs8(const km_rsa *pair, const uint8_t *passphrase,
                                                   size_t passphrase_size, int iterations, int pem, size_t *size);

/* oaep.c: RSAES-OAEP (RFC 8017 section 7.1) with an empty label and the same hash for OAEP and MGF1. */

typedef enum km_hash { KM_SHA256 = 0, KM_SHA1 = 1 } km_hash;

/* Encrypts with SHA-256. Writes km_rsa_size(key) bytes to `out`. */
int km_rsa_oaep_encrypt(const km_rsa *key, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out);
/* Decrypts. `out` must have room for km_rsa_size(pair) bytes; the size of the plaintext is written to *out_size. All
 * causes of failure look the same. On failure, no plaintext is left in `out`. */
int km_rsa_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out,
                        size_t *out_size);
/* Decrypts a wrapped key of exactly `key_size` bytes (at most 64). When `in` does not decrypt, or decrypts to another
 * size, `key` receives random bytes instead. Both cases run the same instructions, so that they differ only when the
 * message's tag is verified (RFC 7516 section 11.5). Returns 0 only for reasons that do not depend on the plaintext:
 * `key_size` is too large, the provider has no such hash, or there are no random bytes or no memory. */
int km_rsa_oaep_unwrap(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *key,
                       size_t key_size);

/* x509.c */

typedef struct km_certificate km_certificate;

/* Reads a certificate from DER, or the first certificate in a PEM text. On KM_DONE, the caller must free *certificate
 * with km_certificate_free. Any other status describes a fault of the certificate or of the key in it. */
km_status km_certificate_parse(const uint8_t *KM_NULLABLE bytes, size_t size,
                               km_certificate *KM_NULLABLE *KM_NONNULL certificate, char *reason);
void km_certificate_free(km_certificate *certificate);
/* Writes the validity in seconds since 1970-01-01T00:00:00Z, both ends included. */
int km_certificate_validity(const km_certificate *certificate, int64_t *not_before, int64_t *not_after);
/* Returns the subject as RFC 4514 text in UTF-8. Free the result with km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_copy_subject(const km_certificate *certificate, size_t *size);
/* Returns the serial number, big-endian, without its sign. Free the result with km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_copy_serial(const km_certificate *certificate, size_t *size);
/* Encodes the certificate as PEM (`pem` is 1) or DER (0). Free the result with km_secret_free. */
uint8_t *KM_NULLABLE km_certificate_export(const km_certificate *certificate, int pem, size_t *size);
/* Creates a handle of the certificate's public key, which the caller must free with km_rsa_free. */
km_status km_certificate_copy_public_key(const km_certificate *certificate, km_rsa *KM_NULLABLE *KM_NONNULL key,
                                         char *reason);
/* Creates a self-signed X.509 v3 certificate with sha256WithRSAEncryption, subject and issuer CN=`common_name` (UTF-8),
 * a random serial number of 16 bytes, basicConstraints CA:FALSE, keyUsage keyEncipherment, and subjectKeyIdentifier. */
km_certificate *KM_NULLABLE km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before,
                                                     int64_t not_after, char *reason);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
