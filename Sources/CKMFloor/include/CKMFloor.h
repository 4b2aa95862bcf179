/* The yardstick of `kmsec speed`: the same work as a bare loop over OpenSSL, with every key, algorithm and context
 * prepared, no checks beyond return values, one thread. It is no part of the library, and nothing in it is hardened.
 *
 * A document consists of parts, each with a text before it, a protected header and a plaintext; one text follows the
 * last part. A message at message level has one part, and one at field level has one for each field.
 *
 * Every function that takes `count` runs so many rounds and returns the nanoseconds they took, or -1 when OpenSSL
 * failed. */
#ifndef CKMFLOOR_H
#define CKMFLOOR_H

#include <stddef.h>
#include <stdint.h>

typedef struct km_floor km_floor;

/* One part of a document. `header` is in base64url. */
typedef struct km_floor_part {
    const uint8_t *before, *header;
    size_t before_size, header_size;
    const uint8_t *plaintext;
    size_t plaintext_size;
} km_floor_part;

#define KM_FLOOR_MAXIMUM_PARTS 8

/* Of a PKCS#8 DER private key, whose public key encrypts; a key for HMAC; the parts of a document, of which the first
 * one's plaintext is also the body that is authenticated; and the text after the last part. AES has keys of
 * `content_key_size` bytes. Everything is copied. NULL when OpenSSL failed or there are too many parts. */
km_floor *km_floor_create(const uint8_t *pkcs8, size_t pkcs8_size, const uint8_t *mac_key, size_t mac_key_size,
                          size_t content_key_size, const km_floor_part *parts, size_t part_count, const uint8_t *after,
                          size_t after_size);
void km_floor_free(km_floor *floor);

/* Content key and IVs, RSA-OAEP, and for each part AES-GCM and base64url. */
int64_t km_floor_encrypt(km_floor *floor, size_t count);
/* The reverse, of the last document that was made. */
int64_t km_floor_decrypt(km_floor *floor, size_t count);
/* The same as km_floor_encrypt and km_floor_decrypt with a content key that is already there: without RSA, and the key
 * is set only once. The IVs are consecutive numbers, so that there is no random generator in the loop either. */
int64_t km_floor_encrypt_cached(km_floor *floor, size_t count);
int64_t km_floor_decrypt_cached(km_floor *floor, size_t count);
/* HMAC-SHA-256 of the body. */
int64_t km_floor_authenticate(km_floor *floor, size_t count);
/* HMAC-SHA-256 of the body, and its Base64 behind `KMV1:<time>:`. */
int64_t km_floor_sign(km_floor *floor, size_t count);
/* Reads the time and the MAC of a token, compares the time with a given one, and the MAC with that of the body. */
int64_t km_floor_verify(km_floor *floor, size_t count);

#endif
