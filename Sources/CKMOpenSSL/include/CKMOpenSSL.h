/* The C shim, the only part of the package that calls OpenSSL. It has small functions over opaque handles. Limits and
 * other policy are in Swift. Where a limit must be checked between two calls of OpenSSL, Swift passes it in.
 *
 * Results
 * - A function that can fail returns a km_result, and writes everything else through pointers, which are its last
 *   parameters. If it returns anything but KM_OK, it has set handles to NULL and buffers to {NULL, 0}, and has left no
 *   secret in memory that the caller passed in. The comment of a function names the results that it can return besides
 *   KM_OK, KM_FAILED and KM_MISUSED, which every function can return.
 * - A query cannot fail and returns its value. The comment begins with "Query".
 * - Free functions return nothing and accept NULL.
 *
 * Ownership
 * - A handle or buffer that a function writes belongs to the caller, who frees it with the function that the comment of
 *   its type names.
 * - A function borrows what it takes: it keeps no pointer to it after it returns.
 *
 * Errors
 * - No function leaves an entry of its own in OpenSSL's error queue, whatever it returns. It can remove older entries.
 * - If the cause of a failure reveals no secret, the function has a `reason`, a buffer of KM_REASON_CAPACITY bytes. It
 *   writes OpenSSL's reason strings there, NUL-terminated, possibly empty.
 *
 * Several threads can use a handle at the same time, unless its type says otherwise. While one thread frees a handle, no
 * other thread may use it. Sizes are in bytes. A pointer to bytes may be NULL if their size is 0. */
#ifndef CKMOPENSSL_H
#define CKMOPENSSL_H

#include <stdbool.h>
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

typedef enum km_result {
    KM_OK = 0,
    KM_FAILED,                 /* OpenSSL failed, for example because memory ran out */
    KM_MISUSED,                /* an argument is outside what the function's comment allows */
    KM_NOT_AUTHENTIC,          /* the message does not decrypt; all causes have this result */
    KM_MALFORMED,              /* not a key or certificate in a supported format */
    KM_PUBLIC_KEY,             /* a public key or certificate where a private key is required */
    KM_PRIVATE_KEY,            /* a private key where a public key is required */
    KM_NOT_RSA,                /* a key of an algorithm other than RSA */
    KM_PASSPHRASE_MISSING,     /* the key is encrypted and no passphrase was given */
    KM_PASSPHRASE_WRONG,       /* the key does not decrypt with the passphrase */
    KM_UNSUPPORTED_ENCRYPTION, /* the key is encrypted with an algorithm that no loaded provider has */
    KM_TOO_COSTLY,             /* the file requires more key derivation than the limit */
    KM_TOO_LONG,               /* the modulus has more bits than the limit */
    KM_MORE_PRIMES,            /* the RSA key has more than two primes */
    KM_INVALID_INTEGER,        /* an integer of the RSA key is invalid; `reason` names the integer and the fault */
    KM_INCONSISTENT            /* the private key does not match its public key */
} km_result;

/* Bytes that a function allocated. Free them with km_secret_free(buffer.bytes, buffer.size). */
typedef struct km_buffer {
    uint8_t *KM_NULLABLE bytes;
    size_t size;
} km_buffer;

/* Bytes that somebody else owns. */
typedef struct km_bytes {
    const uint8_t *KM_NULLABLE bytes;
    size_t size;
} km_bytes;

typedef enum km_encoding { KM_DER, KM_PEM } km_encoding;

/* errors.c */

/* Empties the calling thread's error queue. Returns the number of entries that it removed, which is 0 after every other
 * function in this header. It cannot fail. */
size_t km_error_queue_drain(void);
/* Query: OpenSSL's version text, such as "OpenSSL 3.0.19 27 Jan 2026", in static storage. */
const char *km_openssl_version(void);

/* memory.c */

/* Allocates `size` zeroed bytes (at least 1). Free them with km_secret_free, passing the same size. */
km_result km_secret_allocate(size_t size, uint8_t *KM_NULLABLE *KM_NONNULL memory);
/* Cleanses (overwrites with zeros) and frees memory from km_secret_allocate or the bytes of a km_buffer. Accepts
 * NULL. */
void km_secret_free(void *KM_NULLABLE memory, size_t size);
/* Overwrites memory with zeros. Cannot fail. */
void km_cleanse(void *KM_NULLABLE memory, size_t size);
/* Query: whether the `size` bytes are equal. The time it takes does not depend on their values. */
bool km_equal(const void *KM_NULLABLE left, const void *KM_NULLABLE right, size_t size);
/* Writes `size` random bytes from OpenSSL's private generator, fit for keys. */
km_result km_random(size_t size, uint8_t *KM_NULLABLE out);

/* threads.c */

/* Writes a random IV of KM_GCM_IV_SIZE bytes from OpenSSL's public generator. The thread fetches many at once, because a
 * call of the generator takes as long as the encryption of a short message. */
km_result km_random_iv(uint8_t *iv);
/* Query: the number of the calling thread among all that have called it, from 0 on. Cannot fail. */
size_t km_thread_number(void);
/* Query: the number of parts that a value should be divided in so that two threads rarely use the same part: four for each
 * processor, as a power of two, 8 to 64. It never changes. Cannot fail. */
size_t km_slot_count(void);

/* hash.c */

/* Writes the SHA-256 digest, KM_SHA256_SIZE bytes, to `digest`. */
km_result km_sha256(const uint8_t *KM_NULLABLE message, size_t size, uint8_t *digest);

/* HMAC-SHA-256 (RFC 2104) under one key, which is processed only once. Free it with km_hmac_free. */
typedef struct km_hmac km_hmac;
km_result km_hmac_create(const uint8_t *KM_NULLABLE key, size_t key_size, km_hmac *KM_NULLABLE *KM_NONNULL hmac);
/* Accepts NULL. */
void km_hmac_free(km_hmac *KM_NULLABLE hmac);
/* Writes the MAC, KM_SHA256_SIZE bytes, to `mac`. */
km_result km_hmac_compute(const km_hmac *hmac, const uint8_t *KM_NULLABLE message, size_t size, uint8_t *mac);

/* kdf.c */

/* Derives a key of `size` bytes from a passphrase by scrypt (RFC 7914). OpenSSL fails when the parameters are outside
 * the RFC's range, or need more than `maximum_memory` bytes. */
km_result km_scrypt(km_bytes passphrase, km_bytes salt, uint64_t n, uint32_t r, uint32_t p, uint64_t maximum_memory,
                    size_t size, uint8_t *key);
/* Derives a key of `size` bytes, at most 8160, by HKDF with SHA-256 (RFC 5869). `input` must not be empty. */
km_result km_hkdf_sha256(km_bytes input, km_bytes salt, km_bytes info, size_t size, uint8_t *key);

/* aead.c: AES-GCM (NIST SP 800-38D) with keys of 16 or 32 bytes, 96-bit IVs and 128-bit tags. */

/* A cipher with its key. Several threads can use it at the same time, without a lock. The context of the last message,
 * with the expanded key, waits in it for the next one. Free it with km_aes_gcm_free. */
typedef struct km_aes_gcm km_aes_gcm;
km_result km_aes_gcm_create(const uint8_t *key, size_t key_size, km_aes_gcm *KM_NULLABLE *KM_NONNULL cipher);
/* Creates another cipher with the same key. */
km_result km_aes_gcm_copy(const km_aes_gcm *cipher, km_aes_gcm *KM_NULLABLE *KM_NONNULL copy);
/* Cleanses the key. Accepts NULL. */
void km_aes_gcm_free(km_aes_gcm *KM_NULLABLE cipher);
/* Encrypts. Writes `size` bytes to `out` and KM_GCM_TAG_SIZE bytes to `tag`. `out` must not overlap `in`. */
km_result km_aes_gcm_seal(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                          const uint8_t *KM_NULLABLE in, size_t size, uint8_t *KM_NULLABLE out, uint8_t *tag);
/* Decrypts. Writes `size` bytes to `out`, which is `in` or does not overlap it. Returns KM_NOT_AUTHENTIC when the tag does
 * not match and on any other failure of OpenSSL after the key is set; `out` is then cleansed. */
km_result km_aes_gcm_open(km_aes_gcm *cipher, const uint8_t *iv, const uint8_t *KM_NULLABLE aad, size_t aad_size,
                          const uint8_t *KM_NULLABLE in, size_t size, const uint8_t *tag, uint8_t *KM_NULLABLE out);

/* An RSA public key or an RSA key pair, which does not change after its creation. Free it with km_rsa_free. */
typedef struct km_rsa km_rsa;

/* public.c, private.c: parsers of key files of at most INT_MAX bytes.
 *
 * The parsers pass key material to OpenSSL only after they have checked that the algorithm is rsaEncryption and that
 * every integer has a size that an accepted key can have. OpenSSL computes with a key while it decodes it, and a
 * hostile file can make this take minutes. The key material must be DER and have two primes. The structures around it
 * may be BER. */

/* Reads a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate, in PEM or DER. The validity of a
 * certificate is not checked. `maximum_bits` is the longest accepted modulus, at most 16384 bits. Returns KM_MALFORMED,
 * KM_PRIVATE_KEY, KM_NOT_RSA, KM_TOO_LONG or KM_INVALID_INTEGER for a file that it rejects. */
km_result km_rsa_parse_public(const uint8_t *KM_NULLABLE bytes, size_t size, size_t maximum_bits,
                              km_rsa *KM_NULLABLE *KM_NONNULL key, char *reason);

/* The limits on the work that a private key file can cause. They are checked in the shim, because a file shows its
 * demands only after OpenSSL has decoded, and in PKCS#12 decrypted, the layers around them. */
typedef struct km_limits {
    size_t maximum_bits; /* the longest accepted modulus, at most 16384 bits; beyond it, KM_TOO_LONG */
    /* Rounds of key derivation for all parts of the file together; beyond them, KM_TOO_COSTLY. A round is about the
     * work of one iteration of PBKDF2 with HMAC-SHA-256. */
    int64_t rounds;
    /* Rounds for verifying the MAC of a PKCS#12 file if no passphrase was given; beyond them, KM_PASSPHRASE_MISSING. */
    int64_t unasked_rounds;
} km_limits;
/* Reads PKCS#8 (plain or encrypted), PKCS#1 (plain, or encrypted in PEM) or PKCS#12. `passphrase` is NULL if there is
 * none, and otherwise has at most INT_MAX bytes. It never asks for a passphrase on a terminal. For a file that it
 * rejects, returns any result except KM_NOT_AUTHENTIC and KM_PRIVATE_KEY. KM_INCONSISTENT comes from OpenSSL 3.5 and later
 * only; earlier versions accept such keys, see km_rsa_check_consistency. */
km_result km_rsa_parse_private(const uint8_t *KM_NULLABLE bytes, size_t size, const uint8_t *KM_NULLABLE passphrase,
                               size_t passphrase_size, const km_limits *limits, km_rsa *KM_NULLABLE *KM_NONNULL key,
                               char *reason);

/* keys.c */

/* Generates a key pair with public exponent 65537 and a modulus of at most 16384 bits. */
km_result km_rsa_generate(size_t bits, km_rsa *KM_NULLABLE *KM_NONNULL key, char *reason);
/* Copies the public key of a key pair into a new handle. */
km_result km_rsa_copy_public(const km_rsa *pair, km_rsa *KM_NULLABLE *KM_NONNULL key);
/* Accepts NULL. */
void km_rsa_free(km_rsa *KM_NULLABLE key);
/* Query: the size of the modulus in bits. */
size_t km_rsa_bits(const km_rsa *key);
/* Query: the size of the modulus in bytes, which is also the size of an OAEP ciphertext. */
size_t km_rsa_size(const km_rsa *key);
/* Query: whether both keys have the same modulus and public exponent. */
bool km_rsa_same_public(const km_rsa *left, const km_rsa *right);

/* components.c: the big-endian integers of a key, in the order of RFC 7518 section 6.3. */

typedef enum km_component { KM_N, KM_E, KM_D, KM_P, KM_Q, KM_DP, KM_DQ, KM_QI } km_component;
#define KM_PUBLIC_COMPONENTS 2
#define KM_COMPONENTS 8
/* Creates a key from its integers. `count` is 2 (a public key), 3 (a key pair without its primes) or 8 (a key pair).
 * `maximum_bits` is the longest accepted modulus, at most 16384 bits.
 *
 * The modulus must be odd. The public exponent must be odd and from 3 to 2^64-1. A private integer must not be longer
 * than the modulus. Returns KM_TOO_LONG or KM_INVALID_INTEGER otherwise, and from OpenSSL 3.5 on KM_INCONSISTENT if the
 * primes are too long for the modulus. */
km_result km_rsa_from_components(const km_bytes *components, size_t count, size_t maximum_bits,
                                 km_rsa *KM_NULLABLE *KM_NONNULL key, char *reason);
/* Copies KM_N or KM_E, without leading zeros. */
km_result km_rsa_copy_component(const km_rsa *key, km_component component, km_buffer *out);

/* consistency.c */

/* Returns KM_OK if the private integers match the public ones and each other, and the private key decrypts what the
 * public key encrypts. Returns KM_INCONSISTENT if not. */
km_result km_rsa_check_consistency(const km_rsa *pair);

/* export.c */

/* Encodes the public key as SubjectPublicKeyInfo. */
km_result km_rsa_export_spki(const km_rsa *key, km_encoding encoding, km_buffer *out);
/* Encodes the key pair as unencrypted PKCS#8. */
km_result km_rsa_export_pkcs8(const km_rsa *pair, km_encoding encoding, km_buffer *out);
/* Encodes the key pair as PKCS#8, encrypted with PBES2: PBKDF2 with HMAC-SHA-256 and `iterations` (at least 1), and
 * AES-256-CBC. The passphrase has at most INT_MAX bytes. */
km_result km_rsa_export_encrypted_pkcs8(const km_rsa *pair, const uint8_t *passphrase, size_t passphrase_size,
                                        int iterations, km_encoding encoding, km_buffer *out);

/* oaep.c: RSAES-OAEP (RFC 8017 section 7.1) with an empty label and the same hash for OAEP and MGF1. */

typedef enum km_hash { KM_SHA256, KM_SHA1 } km_hash;

/* Encrypts with SHA-256. Writes km_rsa_size(key) bytes to `out`. */
km_result km_rsa_oaep_encrypt(const km_rsa *key, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out);
/* Decrypts. `out` must have room for km_rsa_size(pair) bytes; the size of the plaintext is written to *out_size.
 * Returns KM_NOT_AUTHENTIC on every failure. */
km_result km_rsa_oaep_decrypt(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out,
                              size_t *out_size);
/* Decrypts a wrapped key of exactly `key_size` bytes (at most 2048). If `in` does not decrypt, or decrypts to another
 * size, `key` receives random bytes instead. Both cases run the same instructions, so that they differ only when the
 * message's tag is verified (RFC 7516 section 11.5). It fails only for reasons that do not depend on the plaintext:
 * `key_size` is too large, the provider has no such hash, or there are no random bytes or no memory. */
km_result km_rsa_oaep_unwrap(const km_rsa *pair, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size,
                             size_t key_size, uint8_t *key);

/* external.c: the parts of RSAES-OAEP that remain for keys whose private operation is done elsewhere, in an HSM. */

/* Removes the padding of `block`, the result of the raw RSA operation, which has the size of the modulus (RFC 8017
 * section 7.1.2, step 3). Like km_rsa_oaep_unwrap, it writes a key of exactly `key_size` bytes, or random bytes if the
 * padding is wrong or the plaintext has another size, and both cases run the same instructions. It fails only for
 * reasons that do not depend on the plaintext. */
km_result km_oaep_unpad(km_hash hash, const uint8_t *block, size_t size, size_t key_size, uint8_t *key);
/* Moves the first `count` bytes of `block` to its end, and writes zeros before them. Always runs the same instructions
 * for the same `size`: HSMs that remove leading zeros make `count` depend on the plaintext. Cannot fail. */
void km_align_right(uint8_t *block, size_t size, size_t count);
/* Copies `key_size` bytes of `plaintext` to `key` if `is_decrypted` and `size` is `key_size`, and writes random bytes
 * otherwise, without a branch. `plaintext` has at least `key_size` readable bytes, whatever `size` is. */
km_result km_select_key(const uint8_t *plaintext, size_t size, bool is_decrypted, size_t key_size, uint8_t *key);
/* Encrypts with SHA-256 or SHA-1, to find out what an HSM decrypts. Writes km_rsa_size(key) bytes to `out`. */
km_result km_rsa_oaep_challenge(const km_rsa *key, km_hash hash, const uint8_t *KM_NULLABLE in, size_t size,
                                uint8_t *out);

/* One fault of an RSAES-OAEP block (RFC 8017 section 7.1.2, step 3g). */
typedef enum km_oaep_fault {
    KM_OAEP_FIRST_BYTE,     /* the first byte is 01 */
    KM_OAEP_WRONG_LABEL,    /* the hash is that of another label */
    KM_OAEP_NO_SEPARATOR,   /* zeros replace the separator 01 and the message */
    KM_OAEP_OTHER_SEPARATOR /* 02 replaces the separator 01 */
} km_oaep_fault;
/* Encrypts like km_rsa_oaep_challenge, but with a fault, to find out how an HSM rejects ciphertexts. */
km_result km_rsa_oaep_faulty(const km_rsa *key, km_hash hash, km_oaep_fault fault, const uint8_t *KM_NULLABLE in,
                             size_t size, uint8_t *out);

/* diagnosis.c */

typedef enum km_padding {
    KM_OAEP_SHA1,             /* SHA-1 for OAEP and MGF1 */
    KM_OAEP_SHA256_MGF1_SHA1, /* SHA-256 for OAEP, SHA-1 for MGF1: the default of Java */
    KM_OAEP_SHA384,
    KM_OAEP_SHA512,
    KM_PKCS1_V15
} km_padding;

/* Finds out how a sender encrypted, which developers need. Decrypts with a padding that servers must not accept. Its time
 * and its result reveal whether the padding is valid, which lets an attacker who can call it often decrypt any message
 * (Bleichenbacher, Manger): servers must not use it. `out` must have room for km_rsa_size(pair) bytes. Returns
 * KM_NOT_AUTHENTIC on every failure. */
km_result km_rsa_diagnose(const km_rsa *pair, km_padding padding, const uint8_t *KM_NULLABLE in, size_t size, uint8_t *out,
                          size_t *out_size);

/* The hashes that senders use for a MAC by mistake. */
typedef enum km_mac_hash { KM_MAC_SHA1, KM_MAC_SHA384, KM_MAC_SHA512 } km_mac_hash;

#define KM_MAC_MAXIMUM_SIZE 64

/* Computes HMAC with another hash than SHA-256, to find out how a sender made a token. `mac` must have room for
 * KM_MAC_MAXIMUM_SIZE bytes. */
km_result km_hmac_diagnose(km_mac_hash hash, const uint8_t *KM_NULLABLE key, size_t key_size,
                           const uint8_t *KM_NULLABLE message, size_t size, uint8_t *mac, size_t *mac_size);

/* The hashes with which issuers hash card numbers by mistake. */
typedef enum km_plain_hash {
    KM_PLAIN_MD5,
    KM_PLAIN_SHA1,
    KM_PLAIN_SHA224,
    KM_PLAIN_SHA256,
    KM_PLAIN_SHA384,
    KM_PLAIN_SHA512
} km_plain_hash;

/* Computes a hash, to find out whether a reference is the hash of a card number. `digest` must have room for
 * KM_MAC_MAXIMUM_SIZE bytes. Fails for a hash that the provider does not have, such as MD5 in FIPS mode. */
km_result km_hash_diagnose(km_plain_hash hash, const uint8_t *KM_NULLABLE message, size_t size, uint8_t *digest,
                           size_t *digest_size);

/* certificate.c */

/* An X.509 certificate, which does not change after its creation. Free it with km_certificate_free. */
typedef struct km_certificate km_certificate;

/* Reads a certificate from DER, or the first certificate in a PEM text, and creates a handle of the RSA key in it.
 * `maximum_bits` is the longest accepted modulus, at most 16384 bits. The file has at most INT_MAX bytes. Returns
 * KM_MALFORMED, KM_NOT_RSA, KM_TOO_LONG or KM_INVALID_INTEGER for a file that it rejects. */
km_result km_certificate_parse(const uint8_t *KM_NULLABLE bytes, size_t size, size_t maximum_bits,
                               km_certificate *KM_NULLABLE *KM_NONNULL certificate, km_rsa *KM_NULLABLE *KM_NONNULL key,
                               char *reason);
/* Accepts NULL. */
void km_certificate_free(km_certificate *KM_NULLABLE certificate);
/* Writes the validity in seconds since 1970-01-01T00:00:00Z, both ends included. Returns KM_MALFORMED when a time cannot
 * be read. */
km_result km_certificate_validity(const km_certificate *certificate, int64_t *not_before, int64_t *not_after);
/* Copies the subject as RFC 4514 text in UTF-8. */
km_result km_certificate_copy_subject(const km_certificate *certificate, km_buffer *out);
/* Copies the serial number, big-endian, without its sign. */
km_result km_certificate_copy_serial(const km_certificate *certificate, km_buffer *out);
typedef enum km_name { KM_SUBJECT, KM_ISSUER, KM_SERIAL_NUMBER } km_name;
/* Encodes the subject, the issuer or the serial number in DER. */
km_result km_certificate_copy_name(const km_certificate *certificate, km_name name, km_buffer *out);
/* Encodes the certificate. */
km_result km_certificate_export(const km_certificate *certificate, km_encoding encoding, km_buffer *out);

/* selfsigned.c */

/* Creates a self-signed X.509 v3 certificate with sha256WithRSAEncryption, subject and issuer CN=`common_name` (UTF-8),
 * a random serial number of 16 bytes, basicConstraints CA:FALSE, keyUsage keyEncipherment, and subjectKeyIdentifier. */
km_result km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before, int64_t not_after,
                                   km_certificate *KM_NULLABLE *KM_NONNULL certificate, char *reason);
/* Encodes what the signature of such a certificate covers (TBSCertificate, RFC 5280 section 4.1), for a private key that
 * is elsewhere. */
km_result km_certificate_prepare(const km_rsa *key, const char *common_name, int64_t not_before, int64_t not_after,
                                 km_buffer *to_be_signed, char *reason);
/* Encodes the certificate in DER from its prepared part and its signature. The signature is not verified. */
km_result km_certificate_assemble(km_bytes to_be_signed, km_bytes signature, km_buffer *der);
/* Returns KM_OK if `key` verifies the certificate's signature, and KM_NOT_AUTHENTIC otherwise. */
km_result km_certificate_verify(const km_certificate *certificate, const km_rsa *key);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
